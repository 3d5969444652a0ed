/** The symbolic code of an error of Node's (`ENOENT`); `UNKNOWN` for what has none. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
