/** `process` is undefined when the whole group is meant. */
export interface Namespec {
  readonly group: string;
  readonly process: string | undefined;
}

/** `g:p` is process p of group g; `g:` and `g:*` are all of g; `x` is process x of group x. */
export function parseNamespec(text: string): Namespec {
  const colon = text.indexOf(':');
  if (colon < 0) return { group: text, process: text };
  const process = text.slice(colon + 1);
  return { group: text.slice(0, colon), process: process === '' || process === '*' ? undefined : process };
}

/** The shortest name that means this process. */
export function formatNamespec(group: string, process: string): string {
  return group === process ? process : `${group}:${process}`;
}
