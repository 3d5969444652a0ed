/**
 * Text as Python's repr() shows it: Supervisor puts it into messages that people grep for.
 * Single quotes normally; double quotes when the text has a single quote and no double quote.
 */

/** `b'...'`, as for Python bytes. */
export function reprBytes(bytes: Uint8Array): string {
  const quote = bytes.includes(SINGLE) && !bytes.includes(DOUBLE) ? '"' : "'";
  const table = quote === '"' ? DOUBLE_QUOTED : SINGLE_QUOTED;
  const parts: string[] = [];
  for (const byte of bytes) parts.push(table[byte] ?? '');
  return `b${quote}${parts.join('')}${quote}`;
}

/** `'...'`, as for a Python string. */
export function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(NEEDS_ESCAPE, (char) => (char === '"' || char === "'" ? char : escapeChar(char)));
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

const SINGLE = 0x27;
const DOUBLE = 0x22;

/** What Python calls not printable (categories Other and Separator, except the plain space), and `\`. */
const NEEDS_ESCAPE = /[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

const SHORT: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeChar(char: string): string {
  const short = SHORT[char];
  if (short !== undefined) return short;
  const code = char.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

function byteTable(quote: number): readonly string[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    if (byte === quote) return `\\${char}`;
    return byte < 0x20 || byte > 0x7e || char === '\\' ? escapeChar(char) : char;
  });
}

const SINGLE_QUOTED = byteTable(SINGLE);
const DOUBLE_QUOTED = byteTable(DOUBLE);
