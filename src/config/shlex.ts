/**
 * Words of a command line by the rules of Python's `shlex.split`: POSIX quotes and backslashes, no comments, no
 * operators. Only space, tab, CR and LF separate.
 */
import { ValueError } from './config-error.ts';

/** Throws {@link ValueError} with the reason `No closing quotation` or `No escaped character`. */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  // undefined between words, so that '' is a word.
  let word: string | undefined;
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    at += 1;
    if (isBlank(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const quoted = readQuoted(text, at, char);
      word = (word ?? '') + quoted.value;
      at = quoted.end;
    } else if (char === '\\') {
      if (at >= text.length) throw new ValueError('No escaped character');
      word = (word ?? '') + text.charAt(at);
      at += 1;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

export function isBlank(char: string): boolean {
  return char === ' ' || char === '\t' || char === '\r' || char === '\n';
}

/**
 * The inside of a quoted piece; `start` is behind the opening quote, `end` behind the closing one. A backslash
 * works only in double quotes, and only before `"` and itself.
 */
export function readQuoted(text: string, start: number, quote: string): { value: string; end: number } {
  let value = '';
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === quote) return { value, end: at + 1 };
    if (char === '\\' && quote === '"') {
      const next = text.charAt(at + 1);
      if (next === '') throw new ValueError('No escaped character');
      value += next === '"' || next === '\\' ? next : `\\${next}`;
      at += 2;
    } else {
      value += char;
      at += 1;
    }
  }
  throw new ValueError('No closing quotation');
}
