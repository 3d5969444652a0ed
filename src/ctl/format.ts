import { formatNamespec } from './namespec.ts';
import type { Changes, ConfigRow, ProcessRow } from './remote.ts';

/** Lines as supervisorctl prints them. Everything here is text in, text out. */

/** The table of `status`: the name's column is as wide as the longest name, and at least 30. */
export function formatStatus(rows: readonly ProcessRow[]): string[] {
  const names = rows.map((row) => formatNamespec(row.group, row.name));
  const width = names.reduce((widest, name) => Math.max(widest, lengthOf(name)), 30) + 3;
  return rows.map(
    (row, index) => `${pad(names[index] ?? '', width)}${pad(row.statename, 10)}${row.description}`,
  );
}

/** One line of `avail`. */
export function formatConfig(row: ConfigRow): string {
  const name = pad(formatNamespec(row.group, row.name), 32);
  const use = pad(row.inuse ? 'in use' : 'avail', 9);
  const start = pad(row.autostart ? 'auto' : 'manual', 9);
  return `${name} ${use} ${start} ${row.group_prio}:${row.process_prio}`;
}

/** The lines of `reread`, sorted by group. */
export function formatChanges([added, changed, removed]: Changes): string[] {
  const words = new Map<string, string>();
  for (const name of added) words.set(name, 'available');
  for (const name of changed) words.set(name, 'changed');
  for (const name of removed) words.set(name, 'disappeared');
  if (words.size === 0) return ['No config updates to processes'];
  return [...words.keys()].sort(byName).map((name) => `${name}: ${words.get(name)}`);
}

/**
 * Words in as few lines as fit the width, read downwards; columns are two blanks apart. Words are filled up with
 * blanks to the width of their column, the last of a line, too, as supervisorctl does; words one below the other
 * are not.
 */
export function formatColumns(words: readonly string[], width: number): string[] {
  if (words.length === 0) return [];
  for (let rows = 1; ; rows += 1) {
    const columns = Array.from({ length: Math.ceil(words.length / rows) }, (_, column) =>
      words.slice(column * rows, (column + 1) * rows),
    );
    if (rows === words.length) return [...words];
    const widths = columns.map((column) => Math.max(...column.map(lengthOf)));
    const total = widths.reduce((sum, each) => sum + each + 2, -2);
    if (total > width) continue;
    return Array.from({ length: rows }, (_, row) =>
      columns
        .filter((column) => row < column.length)
        .map((column, index) => pad(column[row] ?? '', widths[index] ?? 0))
        .join('  '),
    );
  }
}

/** A text between quotes: single ones, or double ones when only single ones are in it. */
export function quote(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  if (escaped.includes("'") && !escaped.includes('"')) return `"${escaped}"`;
  return `'${escaped.replaceAll("'", "\\'")}'`;
}

/** Columns are counted in code points, not in UTF-16 units. */
function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - lengthOf(text)));
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** Plain order of code units, the same in every locale. */
export function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
