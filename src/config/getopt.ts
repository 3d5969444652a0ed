/**
 * Command lines as Python's `getopt` reads them, and Supervisor's rules on top: no option twice, long names may be
 * abbreviated as long as they are unique, options end at the first word that is none.
 */
import { ConfigError, ValueError } from './config-error.ts';
import { repr } from './python-text.ts';

export interface OptionSpec {
  /** One character each, without the dash. */
  readonly short: readonly string[];
  /** Without the dashes. */
  readonly long: string | undefined;
  readonly argument: boolean;
}

export interface GivenOption<K extends string> {
  readonly key: K;
  /** As it is told in messages: `-n`, or the whole long name. */
  readonly flag: string;
  /** Empty for an option without an argument. */
  readonly argument: string;
}

export interface SplitCommandLine<K extends string> {
  readonly options: readonly GivenOption<K>[];
  readonly rest: readonly string[];
}

export type OptionTable<K extends string> = Readonly<Record<K, OptionSpec>>;

/** Throws {@link ConfigError} with Python's text. */
export function getopt<K extends string>(
  words: readonly string[],
  table: OptionTable<K>,
): SplitCommandLine<K> {
  const reader = new CommandLineReader(words, table);
  return reader.run();
}

/** Throws {@link ConfigError} for an option that was given before. */
export function refuseRepetition(options: readonly GivenOption<string>[]): void {
  const seen = new Set<string>();
  for (const { key, flag } of options) {
    if (seen.has(key)) throw new ConfigError(`conflicting command line option ${repr(flag)}`);
    seen.add(key);
  }
}

/** Converts an option's argument; what it objects to is told with the option. Throws {@link ConfigError}. */
export function convertArgument<T>({ flag, argument }: GivenOption<string>, convert: (text: string) => T): T {
  try {
    return convert(argument);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw new ConfigError(`invalid value for ${flag} ${repr(argument)}: ${cause.message}`, {}, { cause });
  }
}

class CommandLineReader<K extends string> {
  readonly #words: readonly string[];
  readonly #entries: readonly (readonly [K, OptionSpec])[];
  readonly #options: GivenOption<K>[] = [];
  #at = 0;

  constructor(words: readonly string[], table: OptionTable<K>) {
    this.#words = words;
    this.#entries = Object.entries(table) as [K, OptionSpec][];
  }

  run(): SplitCommandLine<K> {
    for (;;) {
      const word = this.#words[this.#at];
      if (word === undefined || word === '-' || !word.startsWith('-')) break;
      this.#at += 1;
      if (word === '--') break;
      if (word.startsWith('--')) this.#readLong(word.slice(2));
      else this.#readShort(word.slice(1));
    }
    return { options: this.#options, rest: this.#words.slice(this.#at) };
  }

  #readLong(word: string): void {
    const equals = word.indexOf('=');
    const written = equals < 0 ? word : word.slice(0, equals);
    const [key, { argument, long }] = this.#findLong(written);
    const flag = `--${long}`;
    if (argument) {
      const given = equals < 0 ? this.#nextWord(flag) : word.slice(equals + 1);
      this.#options.push({ key, flag, argument: given });
    } else if (equals >= 0) {
      throw new ConfigError(`option ${flag} must not have an argument`);
    } else {
      this.#options.push({ key, flag, argument: '' });
    }
  }

  #findLong(written: string): readonly [K, OptionSpec] {
    const possible = this.#entries.filter(([, { long }]) => long?.startsWith(written));
    const [first] = possible;
    if (first === undefined) throw new ConfigError(`option --${written} not recognized`);
    const exact = possible.find(([, { long }]) => long === written);
    if (exact !== undefined) return exact;
    if (possible.length > 1) throw new ConfigError(`option --${written} not a unique prefix`);
    return first;
  }

  /** Several letters may share a word; one that takes an argument takes the rest of it. */
  #readShort(letters: string): void {
    let rest = letters;
    while (rest !== '') {
      const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      rest = rest.slice(letter.length);
      const flag = `-${letter}`;
      const entry = this.#entries.find(([, { short }]) => short.includes(letter));
      if (entry === undefined) throw new ConfigError(`option ${flag} not recognized`);
      const [key, { argument }] = entry;
      if (!argument) {
        this.#options.push({ key, flag, argument: '' });
        continue;
      }
      this.#options.push({ key, flag, argument: rest === '' ? this.#nextWord(flag) : rest });
      rest = '';
    }
  }

  #nextWord(flag: string): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw new ConfigError(`option ${flag} requires argument`);
    this.#at += 1;
    return word;
  }
}
