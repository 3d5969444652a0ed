/**
 * Tokens that Herald adds to payloads for listeners that asked for them (`extended=true`). They stand behind
 * Supervisor's own tokens on the payload's first line, so a listener that does not know them reads on as
 * before. Values are percent-encoded where a blank, a colon, a percent sign or a control character would
 * break the line.
 */
export type ExtraTokens = Readonly<Record<string, string | number>>;

/** Adds the tokens to the first line of a payload's text. */
export function extendPayload(text: string, extra: ExtraTokens): string {
  let tokens = '';
  for (const [key, value] of Object.entries(extra)) tokens += ` ${key}:${encodeToken(String(value))}`;
  const end = text.indexOf('\n');
  const line = end === -1 ? text : text.slice(0, end);
  const body = end === -1 ? '' : text.slice(end);
  // An empty payload has no token to stand behind.
  return (line === '' ? tokens.slice(1) : line + tokens) + body;
}

/** Throws nothing: what is not percent-encoded stays as it is. */
export function decodeToken(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // A stray percent sign from a sender that does not encode: the text as it is says more than an error.
    return value;
  }
}

/** Percent-encodes what would end the token or the line. */
export function encodeToken(value: string): string {
  return (
    value
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not pass.
      .replace(/[\u0000- :%\u007f]/g, (char) => encodeURIComponent(char))
  );
}
