/**
 * The configuration dialect: text in, sections and options out, each with the place it came from.
 *
 * npm `ini` reads the sections and keys, but never sees text that it would understand in its own way: the line
 * scanner folds continuations and drops comments by ConfigParser's rules, sections are written in an alphabet that
 * means nothing to `ini` (so that `program:a.b`, `__proto__` and `10` are plain names), and every key and value is a
 * JSON string. The line numbers, which `ini` does not keep, are laid beside what comes back.
 *
 * `ini` is the one package that this room imports: plain JavaScript without a platform.
 */
import { parse } from 'ini';
import { ConfigError, type ErrorSink } from './config-error.ts';
import { type ScannedFault, type ScannedItem, scanLines } from './line-scanner.ts';
import { repr } from './python-text.ts';
import { atOnce, endsStep, type Steps } from './steps.ts';

export interface RawOption {
  readonly value: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface RawSection {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** By lower-case name, in order of first appearance. */
  readonly options: Map<string, RawOption>;
}

export interface RawFile {
  /** `[DEFAULT]`: stands behind every section. */
  readonly defaults: ReadonlyMap<string, RawOption>;
  readonly sections: ReadonlyMap<string, RawSection>;
}

/** No command, path or variable of the environment can have one: the kernel takes it for the end. */
const NUL = '\0';
const BYTE_ORDER_MARK = '\u{feff}';
/** More of them in one file are not told: it is some other file. */
const NUL_LIMIT = 1000;

const DEFAULT_SECTION = 'DEFAULT';

const STEP_SECTIONS = 16;

const LINE_SEPARATORS = /[\u2028\u2029]/;

/**
 * Throws {@link ConfigError} with ConfigParser's text; with a sink, each bad line is an error of its own and the
 * others are read. `text` has `\n` line ends.
 */
export function readDialect(text: string, file: string, errors?: ErrorSink): RawFile {
  return atOnce(readDialectInSteps(text, file, errors));
}

/** {@link readDialect} in steps of some hundred lines, or some sections. */
export function* readDialectInSteps(text: string, file: string, errors?: ErrorSink): Steps<RawFile> {
  const scanned = yield* scanLines(text);
  if (errors === undefined) refuseFaults(scanned, file);
  else reportFaults(scanned, file, errors);
  const items = text.includes(NUL) ? withoutNul(scanned, file, errors) : scanned;
  const byName = new Map<string, RawSection>();
  for (const [code, { section, lines }] of yield* protect(items, file)) {
    takeValues(section, parse(lines.join('\n'))[code]);
    byName.set(section.name, section);
    if (endsStep(byName.size, STEP_SECTIONS)) yield;
  }
  const defaults = byName.get(DEFAULT_SECTION)?.options ?? new Map();
  byName.delete(DEFAULT_SECTION);
  return { defaults, sections: byName };
}

/** A section before `ini` has read it, and all its lines as `ini` will see them. */
interface ProtectedSection {
  readonly section: OpenSection;
  readonly lines: string[];
}

interface OpenSection extends Omit<RawSection, 'options'> {
  readonly options: Map<string, RawOption & { value: string }>;
}

/** The values are those that `ini` has read; like the section it keeps options in order of first appearance. */
function takeValues({ options }: OpenSection, read: Readonly<Record<string, unknown>> = {}): void {
  const values = Object.values(read);
  // Values that belong to other options would be worse than none.
  if (values.length !== options.size)
    throw new Error(`ini has read ${values.length} of ${options.size} options`);
  let at = 0;
  for (const option of options.values()) {
    const value = values[at++];
    if (typeof value === 'string') option.value = value.slice(1);
  }
}

/** The same file in the part of `ini`'s language that has one meaning, by section, and where everything stands. */
function* protect(items: readonly ScannedItem[], file: string): Steps<Map<string, ProtectedSection>> {
  const sections = new Map<string, ProtectedSection>();
  /** The same few names come again and again. */
  const keys = new Map<string, string>();
  let current: ProtectedSection | undefined;
  for (const item of items) {
    if (item.kind === 'header') {
      if (endsStep(sections.size, STEP_SECTIONS)) yield;
      const code = sectionCode(item.name);
      current = sections.get(code) ?? openSection(item.name, item.line, file, code);
      sections.set(code, current);
    } else if (item.kind === 'option') {
      const { name, value, line, column } = item;
      let key = keys.get(name);
      if (key === undefined) {
        key = optionKey(name);
        keys.set(name, key);
      }
      current?.lines.push(`${key}=${encodeValue(value)}`);
      current?.section.options.set(name, { value, file, line, column });
    }
  }
  return sections;
}

function openSection(name: string, line: number, file: string, code: string): ProtectedSection {
  return { section: { name, file, line, options: new Map() }, lines: [`[${code}]`] };
}

/** The leading `n` keeps `__proto__` from being special and digits from being sorted before other names. */
function sectionCode(name: string): string {
  return `n${name.replace(/[^A-Za-z0-9_:-]/g, (unit) => `$${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}`;
}

/** The colon at the end keeps `__proto__` and `a[]` from being special, and digits from being sorted. */
function optionKey(name: string): string {
  return JSON.stringify(`${name}:`);
}

/** The leading `=` keeps `true` and the like from becoming other types; U+2028 and U+2029 would end a line. */
function encodeValue(value: string): string {
  const quoted = JSON.stringify(`=${value}`);
  return LINE_SEPARATORS.test(quoted)
    ? quoted.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029')
    : quoted;
}

/** What has a NUL is left out, a section with its options. Without a sink the first one is thrown. */
function withoutNul(items: readonly ScannedItem[], file: string, errors?: ErrorSink): ScannedItem[] {
  const kept: ScannedItem[] = [];
  let section = '';
  let told = 0;
  for (const item of items) {
    if (item.kind === 'header') section = item.name;
    const error = nulError(item, section, file);
    if (error !== undefined && errors === undefined) throw error;
    if (error !== undefined && told < NUL_LIMIT) errors?.(error);
    if (error !== undefined) told += 1;
    else if (item.kind !== 'option' || !section.includes(NUL)) kept.push(item);
  }
  return kept;
}

function nulError(item: ScannedItem, within: string, file: string): ConfigError | undefined {
  if (item.kind !== 'header' && item.kind !== 'option') return undefined;
  const { line } = item;
  const section = shown(within);
  if (item.name.includes(NUL)) {
    const text = `NUL character in the name of ${item.kind === 'header' ? 'a section' : 'an option'}`;
    const option = item.kind === 'header' ? undefined : shown(item.name);
    return new ConfigError(text, { file, line, section, option });
  }
  if (item.kind === 'header' || !item.value.includes(NUL)) return undefined;
  const { name: option, column } = item;
  const value = shown(item.value);
  return new ConfigError('NUL character in a value', { file, line, section, option, column, value });
}

/** As text that may go to a terminal. */
function shown(text: string): string {
  return text.replaceAll(NUL, '\\x00');
}

function reportFaults(items: readonly ScannedItem[], file: string, errors: ErrorSink): void {
  for (const item of items) {
    if (item.kind !== 'fault' && item.kind !== 'homeless') continue;
    const { line, text } = item;
    const reason = faultReason(item);
    errors(new ConfigError(reason, { file, line, value: text.trimEnd() }));
  }
}

function faultReason({ kind, line, text }: ScannedFault): string {
  if (kind !== 'homeless') return 'neither a [section] nor an option=value';
  if (line === 1 && text.startsWith(BYTE_ORDER_MARK))
    return 'the file begins with a byte order mark: save it as UTF-8 without one';
  return 'this stands before the first [section], and nothing behind it is read';
}

function refuseFaults(items: readonly ScannedItem[], file: string): void {
  const faults = items.filter((item): item is ScannedFault => item.kind === 'fault');
  const [first] = faults;
  const last = items.at(-1);
  if (last?.kind === 'homeless') {
    const text = `File contains no section headers.\nfile: ${repr(file)}, line: ${last.line}\n${repr(last.text)}`;
    throw new ConfigError(text, { file, line: last.line });
  }
  if (first === undefined) return;
  const lines = faults.map(({ line, text }) => `\n\t[line ${String(line).padStart(2)}]: ${repr(text)}`);
  throw new ConfigError(`Source contains parsing errors: ${repr(file)}${lines.join('')}`, {
    file,
    line: first.line,
  });
}
