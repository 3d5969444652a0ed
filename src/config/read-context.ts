/** What every section reader is given. */

import type { ErrorSink } from './config-error.ts';
import type { Surroundings } from './existing-paths.ts';
import type { Environment } from './expansion-names.ts';
import { OptionReader } from './option-reader.ts';
import { repr } from './python-text.ts';
import type { RawConfig } from './raw-config.ts';
import type { ConfigNotice } from './types.ts';

export interface ReadContext extends Surroundings {
  readonly raw: RawConfig;
  /** As given on the command line. */
  readonly mainFile: string;
  /** The absolute folder of the main file: `%(here)s`. */
  readonly here: string;
  readonly environment: Environment;
  readonly notices: Notices;
  /** When all errors are wanted, not only the first. */
  readonly errors?: ErrorSink | undefined;
}

export function readerOf(context: ReadContext, section: string): OptionReader {
  return new OptionReader(context.raw, section, context.mainFile, context.errors);
}

/** Messages of a process section name it, and the file that brought it in. */
export function processReaderOf(context: ReadContext, section: string): OptionReader {
  const { raw, mainFile, errors } = context;
  const suffix = () => ` in section ${repr(section)} (file: ${repr(raw.includedFrom(section) ?? mainFile)})`;
  return new OptionReader(raw, section, mainFile, errors, suffix);
}

/** Collects notices; a warning that was given already is not repeated for each process of a section. */
export class Notices {
  readonly #all: ConfigNotice[] = [];
  readonly #warned = new Set<string>();

  add(level: ConfigNotice['level'], message: string): void {
    if (level === 'warn' && this.#warned.has(message)) return;
    if (level === 'warn') this.#warned.add(message);
    this.#all.push({ level, message });
  }

  /** Critical ones first, then warnings, then the rest: the order in which they are logged. */
  sorted(): ConfigNotice[] {
    return (['critical', 'warn', 'info'] as const).flatMap((wanted) =>
      this.#all.filter(({ level }) => level === wanted),
    );
  }
}
