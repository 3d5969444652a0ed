/** What a check finds, and the list it is found on. */
import type { ConfigError } from '../config-error.ts';
import {
  describeAllowed,
  factsOfOption,
  factsOfSection,
  SECTION_FACTS,
  wordsOf,
} from '../facts/all-facts.ts';
import { nearestName } from '../nearest-name.ts';
import { compareText } from '../python-text.ts';
import type { RawConfig } from '../raw-config.ts';

export type Severity = 'error' | 'warning';

export interface Problem {
  readonly file: string;
  /** Line and column count from 1; the column is that of the value. */
  readonly line: number;
  readonly column: number;
  readonly section?: string;
  readonly option?: string;
  /** As written, or the piece of it that is wrong. */
  readonly value?: string;
  readonly severity: Severity;
  /** A name for the kind of problem; it does not change between releases. */
  readonly code: string;
  readonly message: string;
  readonly allowed?: string;
  readonly suggestion?: string;
}

/** What a rule says; where it stands is looked up. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly severity?: Severity;
  readonly section: string;
  readonly option?: string;
  /** The piece of the value that is meant; default: all of it. */
  readonly value?: string;
  readonly suggestion?: string;
}

/** For values that may be secrets. */
const HIDDEN = '(not shown)';

/** A section with a thousand processes tells its mistake a few times, not a thousand. */
const SAME_OPTION_LIMIT = 3;

export class ProblemList {
  readonly #file: string;
  readonly #problems: Problem[] = [];
  readonly #seen = new Map<string, number>();
  readonly #failed = new Set<string>();

  /** `file` is blamed for what has no place. */
  constructor(file: string) {
    this.#file = file;
  }

  addError(error: ConfigError, raw?: RawConfig): void {
    const { section, option, value } = error;
    const facts = section === undefined || option === undefined ? undefined : factsOfOption(section, option);
    const expansion = expansionOf(error.reason);
    const allowed = expansion?.allowed ?? (facts === undefined ? undefined : describeAllowed(facts));
    if (section !== undefined && option !== undefined) this.#failed.add(JSON.stringify([section, option]));
    this.#add({
      file: error.file ?? this.#file,
      line: error.line ?? 1,
      column: error.column ?? 1,
      ...given({
        section,
        option,
        value: option === 'password' || option === 'environment' ? HIDDEN : value,
      }),
      severity: 'error',
      code: codeOf(error),
      message: oneLine(expansion?.message ?? error.reason),
      ...given({ allowed, suggestion: expansion === undefined ? suggest(error, raw) : expansion.suggestion }),
    });
  }

  /** Looks the place up in what was read. */
  add(finding: Finding, raw: RawConfig): void {
    const { section, option, value, suggestion } = finding;
    const written = option === undefined ? undefined : raw.option(section, option);
    const place = written ?? raw.section(section);
    // What could not be read has a default in its place, and that is not what the file says.
    if (option !== undefined && this.#hasError(section, option)) return;
    this.#add({
      file: place?.file ?? this.#file,
      line: place?.line ?? 1,
      column: written?.column ?? 1,
      section,
      ...given({ option, value: option === 'password' ? HIDDEN : (value ?? written?.value) }),
      severity: finding.severity ?? 'warning',
      code: finding.code,
      message: finding.message,
      ...given({ suggestion }),
    });
  }

  #hasError(section: string, option: string): boolean {
    return this.#failed.has(JSON.stringify([section, option]));
  }

  /** The main file first, the others by name; then in the order of the lines. */
  sorted(): Problem[] {
    const main = ({ file }: Problem) => (file === this.#file ? 0 : 1);
    return [...this.#problems].sort(
      (a, b) => main(a) - main(b) || compareText(a.file, b.file) || a.line - b.line || a.column - b.column,
    );
  }

  #add(problem: Problem): void {
    const { file, line, section, option, value, code, message, severity } = problem;
    const place = JSON.stringify([file, line, section, option, code]);
    // What follows from a value that could not be read is no second error of it.
    const same = severity === 'error' && option !== undefined ? '' : message;
    const whole = JSON.stringify([place, value, same]);
    const count = this.#seen.get(place) ?? 0;
    if (this.#seen.has(whole) || count >= SAME_OPTION_LIMIT) return;
    this.#seen.set(whole, 1);
    this.#seen.set(place, count + 1);
    this.#problems.push(problem);
  }
}

const UNKNOWN_NAME = /contains names \('([^']*)'\) which cannot be expanded\. Available names: (.*)$/s;

/** The environment has dozens of names that nobody looks for here, and some that are nobody's business. */
function expansionOf(reason: string) {
  const found = UNKNOWN_NAME.exec(reason);
  const [, name = '', list = ''] = found ?? [];
  if (found === null) return undefined;
  const names = list.split(', ');
  const own = names.filter((known) => !known.startsWith('ENV_'));
  return {
    message: `%(${name})s cannot be expanded: there is no such name`,
    allowed: [...own, 'ENV_ and a variable of the environment'].join(', '),
    suggestion: nearestName(name, names),
  };
}

function codeOf({ section, option, value, line }: ConfigError): string {
  if (line === undefined) return 'file';
  if (section === undefined) return 'syntax';
  if (option === undefined) return 'section';
  return value === undefined ? 'missing-option' : 'invalid-value';
}

/** The nearest word that would do in place of the wrong one. */
function suggest({ section, option, value }: ConfigError, raw: RawConfig | undefined): string | undefined {
  if (section === undefined || option === undefined || value === undefined) return undefined;
  const facts = factsOfOption(section, option);
  if (option === 'programs' && section.startsWith('group:')) return nearestProgram(value, raw);
  const words = facts === undefined ? undefined : wordsOf(facts);
  if (words === undefined || facts?.kind === 'open-words') return undefined;
  const written = value.trim().toLowerCase();
  const near = nearestName(
    written,
    words.map((word) => word.toLowerCase()),
  );
  return near === written ? undefined : words.find((word) => word.toLowerCase() === near);
}

function nearestProgram(value: string, raw: RawConfig | undefined): string | undefined {
  const names = (raw?.sections ?? [])
    .map(({ name }) => name)
    .filter((name) => name.startsWith('program:') || name.startsWith('fcgi-program:'))
    .map((name) => name.slice(name.indexOf(':') + 1));
  return nearestName(value, names);
}

/** For an option that means nothing. */
export function nearestOption(section: string, option: string): string | undefined {
  return nearestName(option, Object.keys(factsOfSection(section)?.options ?? {}));
}

/** For a section that means nothing: the whole name as it should be. */
export function nearestSection(section: string): string | undefined {
  const colon = section.indexOf(':');
  const head = colon < 0 ? section : section.slice(0, colon + 1);
  const near = nearestName(
    head.trimEnd().toLowerCase(),
    SECTION_FACTS.map(({ name }) => name),
  );
  if (near === undefined) return undefined;
  return near.endsWith(':') ? near + section.slice(head.length) : near;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** Without the fields that are undefined. */
function given<T extends Readonly<Record<string, string | undefined>>>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
