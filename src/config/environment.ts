/**
 * The grammar of `environment=`: `KEY=value` pairs, read as tokens in steps of four (key, `=`, value, separator;
 * the separator is not looked at).
 *
 * Supervisor 4.2.5 and its successor cut quoted values differently: the first keeps backslashes and strips
 * quotes from both ends, the second reads POSIX quotes with `\"`. What 4.2.5 accepts keeps the meaning it has
 * there, so that a file serves both; what it refuses is read by the newer rules.
 */
import { ValueError } from './config-error.ts';
import { isBlank, readQuoted } from './shlex.ts';

/** Throws {@link ValueError}. Later pairs win. */
export function parseEnvironment(text: string): Map<string, string> {
  try {
    return pairs(text, tokens(text, nextPlainToken), stripQuotes);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    return parseWithPosixQuotes(text, cause);
  }
}

function parseWithPosixQuotes(text: string, refusal: ValueError): Map<string, string> {
  try {
    return pairs(text, tokens(text, nextPosixToken), (value) => value);
  } catch (cause) {
    // Both refuse it: the text that people know from 4.2.5 is the one to show.
    throw cause instanceof ValueError ? refusal : cause;
  }
}

function pairs(text: string, all: readonly string[], clean: (value: string) => string): Map<string, string> {
  const environment = new Map<string, string>();
  for (let at = 0; at < all.length; at += 4) {
    const [key, equals, value] = all.slice(at, at + 3);
    if (key === undefined || equals !== '=' || value === undefined)
      throw new ValueError(`Unexpected end of key/value pairs in value '${text}'`);
    environment.set(key, clean(value));
  }
  return environment;
}

interface Token {
  readonly value: string;
  readonly end: number;
}

/** Reads one token that starts at a character that is neither blank nor `#`. */
type TokenReader = (text: string, start: number) => Token;

function tokens(text: string, read: TokenReader): string[] {
  const all: string[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (isBlank(char)) {
      at += 1;
    } else if (char === '#') {
      at = lineEnd(text, at);
    } else {
      const token = read(text, at);
      all.push(token.value);
      at = token.end;
    }
  }
  return all;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}

const PLAIN_RUN = /[A-Za-z0-9_/.+\-():'"]*/y;

/** 4.2.5: a quoted piece is a token of its own, its quotes kept; a quote inside a word is part of the word. */
function nextPlainToken(text: string, start: number): Token {
  const first = text.charAt(start);
  if (first === "'" || first === '"') {
    const close = text.indexOf(first, start + 1);
    if (close < 0) throw new ValueError('No closing quotation');
    return { value: text.slice(start, close + 1), end: close + 1 };
  }
  if (!isPlainWord(first)) return oneCharacter(text, start);
  let end = start;
  let value = '';
  for (;;) {
    PLAIN_RUN.lastIndex = end;
    const run = PLAIN_RUN.exec(text)?.[0] ?? '';
    value += run;
    end += run.length;
    if (text.charAt(end) !== '#') return { value, end };
    // A comment inside a word ends at its line, and the word goes on behind it.
    end = lineEnd(text, end);
  }
}

function nextPosixToken(text: string, start: number): Token {
  let value = '';
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "'" || char === '"') {
      const quoted = readQuoted(text, at + 1, char);
      value += quoted.value;
      at = quoted.end;
    } else if (char === '\\') {
      if (at + 1 >= text.length) throw new ValueError('No escaped character');
      value += text.charAt(at + 1);
      at += 2;
    } else if (isPosixWord(char)) {
      value += char;
      at += 1;
    } else if (at === start) {
      return oneCharacter(text, start);
    } else break;
  }
  return { value, end: at };
}

function oneCharacter(text: string, start: number): Token {
  const value = String.fromCodePoint(text.codePointAt(start) ?? 0);
  return { value, end: start + value.length };
}

function isPlainWord(char: string): boolean {
  return /^[A-Za-z0-9_/.+\-():]$/.test(char);
}

function isPosixWord(char: string): boolean {
  return isPlainWord(char) || /^[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]$/.test(char);
}

function stripQuotes(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isQuote(value.charAt(start))) start += 1;
  while (end > start && isQuote(value.charAt(end - 1))) end -= 1;
  return value.slice(start, end);
}

function isQuote(char: string): boolean {
  return char === "'" || char === '"';
}
