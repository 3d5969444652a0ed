/**
 * Python's `%` operator with a dictionary on the right: what expands `%(name)s` in option values. Any flag,
 * width, precision and conversion works as there, and errors carry Python's own reasons.
 */
import { ValueError } from './config-error.ts';
import type { Names } from './names.ts';
import { asText, FormatError, renderConversion, type Spec } from './percent-conversion.ts';
import { compareText, repr } from './python-text.ts';

/** Longest text that an expansion may yield, in UTF-16 units; far above what an `execve` takes. */
const RESULT_LIMIT = 16 * 1024 * 1024;
/** Widest field; Python's own limit is the memory. */
const FIELD_LIMIT = 65_536;

/**
 * `label` is what the error calls the option, as `program:x.command`. Throws {@link ValueError}.
 */
export function expandNames(text: string, names: Names, label: string): string {
  if (!text.includes('%')) return text;
  try {
    const expanded = percentFormat(text, names);
    // `%(process_num)c` can make one.
    if (expanded.includes('\0')) throw new FormatError('the result has a NUL character');
    return expanded;
  } catch (cause) {
    if (cause instanceof UnknownName) {
      const known = Array.from(names.entries(), ([name]) => name);
      const available = known.sort(compareText).join(', ');
      throw new ValueError(
        `Format string ${repr(text)} for ${repr(label)} contains names (${repr(cause.message)}) which cannot be ` +
          `expanded. Available names: ${available}`,
        { cause },
      );
    }
    if (cause instanceof FormatError) {
      const reason = `is badly formatted: ${cause.message}`;
      throw new ValueError(`Format string ${repr(text)} for ${repr(label)} ${reason}`, { cause });
    }
    throw cause;
  }
}

/** A name that the dictionary does not have; `message` is the name. */
export class UnknownName extends Error {
  override readonly name = 'UnknownName';
}

/** `text % names`. Throws {@link UnknownName} and {@link FormatError}. */
export function percentFormat(text: string, names: Names): string {
  const formatter = new Formatter(text, names);
  return formatter.run();
}

type Argument = string | number | Names;

class Formatter {
  readonly #text: string;
  readonly #names: Names;
  #at = 0;
  /** What the next conversion takes. Python keeps the last key's value here, and gives each only once. */
  #argument: Argument;
  #taken = false;

  constructor(text: string, names: Names) {
    this.#text = text;
    this.#names = names;
    this.#argument = names;
  }

  run(): string {
    let out = '';
    for (;;) {
      const percent = this.#text.indexOf('%', this.#at);
      if (percent < 0) return out + this.#text.slice(this.#at);
      out += this.#text.slice(this.#at, percent);
      this.#at = percent + 1;
      out += this.#conversion();
      if (out.length > RESULT_LIMIT)
        throw new FormatError(`result is longer than ${RESULT_LIMIT} characters`);
    }
  }

  #conversion(): string {
    if (this.#text[this.#at] === '%') {
      this.#at += 1;
      return '%';
    }
    if (this.#text[this.#at] === '(') this.#selectKey();
    // `%(name)s`, as nearly all are.
    if (this.#text[this.#at] === 's') {
      this.#at += 1;
      return asText('s', this.#take());
    }
    const spec = this.#readSpec();
    return renderConversion(spec, this.#take());
  }

  #selectKey(): void {
    const text = this.#text;
    let depth = 1;
    let end = this.#at + 1;
    for (; end < text.length && depth > 0; end += 1) {
      if (text[end] === '(') depth += 1;
      else if (text[end] === ')') depth -= 1;
    }
    if (depth > 0) throw new FormatError('incomplete format key');
    const key = text.slice(this.#at + 1, end - 1);
    const value = this.#names.get(key);
    if (value === undefined) throw new UnknownName(key);
    this.#at = end;
    this.#argument = value;
    this.#taken = false;
  }

  #readSpec(): Spec {
    let flags = '';
    while ('-+ #0'.includes(this.#text[this.#at] ?? '?')) flags += this.#text[this.#at++];
    const width = this.#readNumber('width') ?? 0;
    let precision: number | undefined;
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      precision = this.#readNumber('precision') ?? 0;
    }
    if ('hlL'.includes(this.#text[this.#at] ?? '?')) this.#at += 1;
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) throw new FormatError('incomplete format');
    const conversion = String.fromCodePoint(code);
    const at = this.#at;
    this.#at += conversion.length;
    return { flags, width, precision, conversion, format: this.#text, at };
  }

  #readNumber(what: 'width' | 'precision'): number | undefined {
    if (this.#text[this.#at] === '*') {
      const argument = this.#take();
      if (typeof argument !== 'number') throw new FormatError('* wants int');
      this.#at += 1;
      return argument;
    }
    const start = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    if (this.#at === start) return undefined;
    const value = Number(this.#text.slice(start, this.#at));
    if (value > FIELD_LIMIT) throw new FormatError(`${what} too big`);
    return value;
  }

  #take(): Argument {
    if (this.#taken) throw new FormatError('not enough arguments for format string');
    this.#taken = true;
    return this.#argument;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
