/** What to do with a log file that has reached its size, and its backups `.1` (the newest) to `.N`. */

/** Files are named by number: 0 is the log file itself, 1 its newest backup. Steps are done in order. */
export type RotationStep =
  | { readonly kind: 'rename'; readonly from: number; readonly to: number }
  | { readonly kind: 'truncate' };

/**
 * `exists` tells whether a backup is there. The oldest falls off: its name is taken over. A gap stays a gap,
 * one further on. With no backups to keep the file is emptied in place.
 */
export function planRotation(backups: number, exists: (backup: number) => boolean): readonly RotationStep[] {
  if (backups < 1) return [{ kind: 'truncate' }];
  const steps: RotationStep[] = [];
  for (let from = backups - 1; from >= 1; from--) {
    if (exists(from)) steps.push({ kind: 'rename', from, to: from + 1 });
  }
  steps.push({ kind: 'rename', from: 0, to: 1 });
  return steps;
}

/** The path of a numbered file. */
export function rotatedPath(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}
