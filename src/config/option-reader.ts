/**
 * Reads the options of one section: looks them up, expands them, converts them, and turns what goes wrong into
 * a ConfigError that knows the place.
 */
import { ConfigError, type ConfigErrorPlace, type ErrorSink, readOr, ValueError } from './config-error.ts';
import type { RawOption, RawSection } from './dialect.ts';
import type { Names } from './names.ts';
import { expandNames } from './percent-format.ts';
import type { RawConfig } from './raw-config.ts';
import type { Place } from './types.ts';

export class OptionReader {
  readonly section: string;
  readonly #section: RawSection | undefined;
  readonly #own: ReadonlyMap<string, RawOption> | undefined;
  readonly #lent: ReadonlyMap<string, RawOption>;
  readonly #mainFile: string;
  readonly #errors: ErrorSink | undefined;
  readonly #suffix: () => string;

  /** `suffix` makes what is put behind every message of this section. */
  constructor(
    config: RawConfig,
    section: string,
    mainFile: string,
    errors?: ErrorSink,
    suffix: () => string = () => '',
  ) {
    this.section = section;
    this.#section = config.section(section);
    this.#own = this.#section?.options;
    this.#lent = config.defaults;
    this.#mainFile = mainFile;
    this.#errors = errors;
    this.#suffix = suffix;
  }

  raw(option: string): RawOption | undefined {
    return this.#own?.get(option) ?? this.#lent.get(option);
  }

  /** The expanded text, undefined when the option is absent. Throws {@link ConfigError}. */
  text(option: string, names: Names): string | undefined {
    const raw = this.raw(option);
    // Most values have nothing to expand.
    if (raw === undefined || !raw.value.includes('%')) return raw?.value;
    return this.#expanded(option, raw, names);
  }

  #expanded(option: string, raw: RawOption, names: Names): string | undefined {
    return this.readOr(undefined, () => this.expand(raw.value, names, option, `${this.section}.${option}`));
  }

  /** Expands a text of this option under a label of its own. Throws {@link ConfigError}. */
  expand(text: string, names: Names, option: string, label: string = option): string {
    return this.attempt(option, () => expandNames(text, names, label));
  }

  /** The converted value, or `fallback` when the option is absent. Throws {@link ConfigError}. */
  value<T, D>(option: string, fallback: D, names: Names, convert: (text: string) => T): T | D {
    // Most options are absent.
    if (this.raw(option) === undefined) return fallback;
    return this.#converted(option, fallback, names, convert);
  }

  #converted<T, D>(option: string, fallback: D, names: Names, convert: (text: string) => T): T | D {
    const text = this.text(option, names);
    if (text === undefined) return fallback;
    return this.readOr(fallback, () => this.attempt(option, () => convert(text)));
  }

  /** Runs `read`, for what is not a plain value; see {@link readOr}. */
  readOr<T, D>(fallback: D, read: () => T): T | D {
    return readOr(this.#errors, fallback, read);
  }

  /** Throws what {@link error} makes or, when errors are collected, hands it on and comes back. */
  refuse(text: string, option?: string, part?: string): void {
    this.readOr(undefined, () => {
      throw this.error(text, option, undefined, part);
    });
  }

  /** Runs `convert`; a {@link ValueError} becomes a {@link ConfigError} of this option. */
  attempt<T>(option: string | undefined, convert: () => T): T {
    try {
      return convert();
    } catch (cause) {
      if (!(cause instanceof ValueError)) throw cause;
      throw this.error(cause.message, option, cause);
    }
  }

  /**
   * An error that Supervisor raises with this text; the caller throws it. `part` is the piece of the value that
   * is wrong, when it is not all of it.
   */
  error(text: string, option?: string, cause?: unknown, part?: string): ConfigError {
    const place = this.#errorPlace(option);
    const reason = cause instanceof ValueError ? (cause.reason ?? text) : text;
    return new ConfigError(
      text + this.#suffix(),
      { ...place, value: part ?? place.value, reason },
      cause === undefined ? {} : { cause },
    );
  }

  /** Where an option stands or, when it is absent, its section. */
  place(option?: string): Place {
    const raw = option === undefined ? undefined : this.raw(option);
    const file = raw?.file ?? this.#section?.file ?? this.#mainFile;
    const line = raw?.line ?? this.#section?.line ?? 1;
    return option === undefined
      ? { file, line, section: this.section }
      : { file, line, section: this.section, option };
  }

  #errorPlace(option: string | undefined): ConfigErrorPlace {
    const raw = option === undefined ? undefined : this.raw(option);
    return { ...this.place(option), value: raw?.value, column: raw?.column };
  }
}
