/** What every command of `herald` is made of. */
import { type GivenOption, getopt, type OptionTable, refuseRepetition } from '../config/getopt.ts';
import type { Client } from '../sdk/client.ts';

export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

export interface Setting {
  /** The program as it was called. */
  readonly argv0: string;
  /** `-c` before the command. */
  readonly configuration: string | undefined;
  readonly connect: () => Client;
}

export interface Command {
  readonly words: string;
  readonly help: string;
  /** For `herald help COMMAND`, behind the first lines. */
  readonly details?: string;
  /** Returns the exit status. */
  readonly run: (words: readonly string[], setting: Setting) => number | Promise<number>;
}

export interface CommandWords<K extends string> {
  readonly options: readonly GivenOption<K>[];
  readonly words: readonly string[];
}

/** Options may stand before, between and behind the words; `--` ends them. Throws ConfigError. */
export function readCommandWords<K extends string>(
  given: readonly string[],
  table: OptionTable<K>,
): CommandWords<K> {
  const options: GivenOption<K>[] = [];
  const words: string[] = [];
  let left = given;
  while (left.length > 0) {
    const split = getopt(left, table);
    options.push(...split.options);
    const [word, ...rest] = split.rest;
    const ended = left[left.length - split.rest.length - 1] === '--';
    if (word !== undefined) words.push(word);
    left = rest;
    if (ended) {
      words.push(...rest);
      left = [];
    }
  }
  refuseRepetition(options);
  return { options, words };
}

export function renderCommandHelp({ words, help, details }: Command): string {
  return `Usage: herald ${words}\n\n${help}\n${details === undefined ? '' : `\n${details}`}`;
}
