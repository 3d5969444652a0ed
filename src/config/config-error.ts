import type { Steps } from './steps.ts';

/**
 * The one error of this room: the operator must change a file or a command line. `message` is Supervisor's own
 * text, so that scripts that look for it still find it; where it stands is in the fields.
 */
export interface ConfigErrorPlace {
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly section?: string | undefined;
  readonly option?: string | undefined;
  readonly value?: string | undefined;
  /** Where the value starts on its line, from 1. */
  readonly column?: number | undefined;
  /** What is wrong, without the place that Supervisor puts behind some of its texts. */
  readonly reason?: string | undefined;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly file: string | undefined;
  /** Counts from 1. */
  readonly line: number | undefined;
  readonly section: string | undefined;
  readonly option: string | undefined;
  /** The value as written, before expansion. */
  readonly value: string | undefined;
  readonly column: number | undefined;
  readonly reason: string;

  constructor(message: string, place: ConfigErrorPlace = {}, options?: { readonly cause?: unknown }) {
    super(shortened(message), options);
    this.file = place.file;
    this.line = place.line;
    this.section = place.section;
    this.option = place.option;
    this.value = place.value;
    this.column = place.column;
    this.reason = shortened(place.reason ?? message);
  }
}

/** Values stand in messages as a whole; one of ten megabytes must not go to every log and terminal. */
const LONGEST_MESSAGE = 8000;
const TAIL = 2000;

function shortened(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const left = message.length - LONGEST_MESSAGE;
  const head = message.slice(0, LONGEST_MESSAGE - TAIL);
  return `${head} [... ${left} characters left out ...] ${message.slice(-TAIL)}`;
}

/**
 * The lines for stderr, each ended by a newline: Supervisor's text first, then where it went wrong, then the
 * hint. `argv0` is the program as it was called.
 */
export function renderConfigError(error: ConfigError, argv0: string): string {
  return `Error: ${textWithPlace(error)}\nFor help, use ${argv0} -h\n`;
}

/** For logs: Supervisor's text, then where it went wrong. */
export function textWithPlace(error: ConfigError): string {
  return `${error.message}${renderPlace(error)}`;
}

function renderPlace({ message, file, line, section, option }: ConfigError): string {
  if (file === undefined) return '';
  const parts = [file];
  if (line !== undefined) parts.push(`line ${line}`);
  if (section !== undefined && !message.includes(section)) parts.push(`[${section}]`);
  if (option !== undefined) parts.push(`option '${option}'`);
  return ` (${parts.join(', ')})`;
}

/**
 * Takes the errors of a reading that goes on behind them, with defaults for what it could not read. Without one
 * the first error is thrown, as Supervisor does.
 */
export type ErrorSink = (error: ConfigError) => void;

/** Runs `read`; with a sink, what it throws goes there and `fallback` stands in. */
export function readOr<T, D>(errors: ErrorSink | undefined, fallback: D, read: () => T): T | D {
  if (errors === undefined) return read();
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors(error);
    return fallback;
  }
}

/** The same around work in steps. */
export function* readStepsOr<T, D>(
  errors: ErrorSink | undefined,
  fallback: D,
  steps: Steps<T>,
): Steps<T | D> {
  if (errors === undefined) return yield* steps;
  try {
    return yield* steps;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    errors(error);
    return fallback;
  }
}

/** A text that is not a value of its type. Callers that know the place turn it into a {@link ConfigError}. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
  /** What is wrong in our own words, where Supervisor's text does not say it well. */
  readonly reason: string | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly reason?: string } = {}) {
    super(message, options);
    this.reason = options.reason;
  }
}
