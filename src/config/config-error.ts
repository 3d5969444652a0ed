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

  constructor(message: string, place: ConfigErrorPlace = {}, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.file = place.file;
    this.line = place.line;
    this.section = place.section;
    this.option = place.option;
    this.value = place.value;
  }
}

/**
 * The lines for stderr, each ended by a newline: Supervisor's text first, then where it went wrong, then the
 * hint. `argv0` is the program as it was called.
 */
export function renderConfigError(error: ConfigError, argv0: string): string {
  return `Error: ${error.message}${renderPlace(error)}\nFor help, use ${argv0} -h\n`;
}

function renderPlace({ message, file, line, section, option }: ConfigError): string {
  if (file === undefined) return '';
  const parts = [file];
  if (line !== undefined) parts.push(`line ${line}`);
  if (section !== undefined && !message.includes(section)) parts.push(`[${section}]`);
  if (option !== undefined) parts.push(`option '${option}'`);
  return ` (${parts.join(', ')})`;
}

/** A text that is not a value of its type. Callers that know the place turn it into a {@link ConfigError}. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}
