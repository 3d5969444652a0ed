import { COMMANDS } from './commands.ts';
import { byName } from './format.ts';
import type { ProcessRow } from './remote.ts';

/**
 * What the line before the cursor may go on with, and the word that it would replace. `rows` is only asked for
 * when names of processes or groups are wanted.
 */
export async function completeLine(
  line: string,
  rows: () => Promise<readonly ProcessRow[]>,
): Promise<[candidates: string[], replaced: string]> {
  const words = line.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const [name = ''] = words;
  const candidates = words.length <= 1 ? [...COMMANDS.keys()] : await namesFor(name, last, rows);
  const fitting = candidates.filter((candidate) => candidate.startsWith(last)).sort(byName);
  return [fitting.map((candidate) => `${candidate} `), last];
}

async function namesFor(
  command: string,
  typed: string,
  rows: () => Promise<readonly ProcessRow[]>,
): Promise<string[]> {
  switch (COMMANDS.get(command)?.words) {
    case 'actions':
      return [...COMMANDS.keys()];
    case 'groups':
      return [...new Set((await rows()).map((row) => row.group))];
    case 'processes':
      return processNames(await rows(), typed.includes(':'));
    default:
      return [];
  }
}

/** `g:p` and `g:*` for real groups, or for all once a colon is typed; the plain name otherwise. */
function processNames(rows: readonly ProcessRow[], qualified: boolean): string[] {
  const names = rows.flatMap(({ group, name }) =>
    qualified || group !== name ? [`${group}:${name}`, `${group}:*`] : [name],
  );
  return [...new Set(names)];
}
