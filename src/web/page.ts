/** The page at `/`: a list of processes and their states, to look at. */

/** One row. `state` is spelt as on the wire. */
export interface PageRow {
  readonly name: string;
  readonly group: string;
  readonly state: string;
  readonly description: string;
}

export function renderPage(rows: readonly PageRow[], version: string): string {
  const body = rows.map(renderRow).join('');
  const table =
    rows.length === 0
      ? '<p>No programs to manage</p>\n'
      : `<table>\n<tr><th>State</th><th>Description</th><th>Name</th></tr>\n${body}</table>\n`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Processes</title>
</head>
<body>
<h1>Processes</h1>
${table}<p>${escapeHtml(version)}</p>
</body>
</html>
`;
}

function renderRow({ name, group, state, description }: PageRow): string {
  const namespec = group === name ? name : `${group}:${name}`;
  const cells = [state.toLowerCase(), description, namespec];
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>\n`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '');
}
