/**
 * The line rules of Python's ConfigParser as Supervisor sets it up: which lines are comments, headers, options
 * or continuations. One pass, linear time; what it yields still has the order and the repetitions of the file.
 */
import { indentOf, isSpace, strip, stripEnd } from './python-text.ts';
import { endsStep, type Steps } from './steps.ts';

export interface ScannedHeader {
  readonly kind: 'header';
  readonly name: string;
  readonly line: number;
}

export interface ScannedOption {
  readonly kind: 'option';
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  readonly line: number;
  /** Where the value starts on its line, from 1. */
  readonly column: number;
}

/** A line that is none of these. `homeless`: it stands before the first header, where scanning ends. */
export interface ScannedFault {
  readonly kind: 'fault' | 'homeless';
  readonly line: number;
  /** With its line end. */
  readonly text: string;
}

export type ScannedItem = ScannedHeader | ScannedOption | ScannedFault;

/** After so many lines that are no configuration nobody reads on: it is some other file. */
const FAULT_LIMIT = 1000;
const STEP_LINES = 500;

/**
 * Line ends are `\n`. Scanning ends early behind a homeless line and behind {@link FAULT_LIMIT} faults. A new option
 * replaces one of the same name and section: that is the reader's work.
 */
export function* scanLines(text: string): Steps<ScannedItem[]> {
  const items: ScannedItem[] = [];
  let open: ScannedOption | undefined;
  /** Lines that continue the open option. */
  let continuations: string[] = [];
  let indent = 0;
  let inSection = false;
  let faults = 0;
  const close = (): void => {
    if (open !== undefined) items.push(continued(open, continuations));
    open = undefined;
    if (continuations.length > 0) continuations = [];
  };
  const lines = text.split('\n');
  const last = lines.length - 1;
  for (let index = 0; index <= last; index += 1) {
    if (endsStep(index, STEP_LINES)) yield;
    const source = lines[index] ?? '';
    if (index === last && source === '') break;
    const ownIndent = indentOf(source);
    const cut = commentStart(source, ownIndent);
    const content = strip(cut === undefined ? source : source.slice(0, cut));
    if (content === '') {
      if (cut === undefined && open !== undefined) continuations.push('');
      continue;
    }
    if (open !== undefined && ownIndent > indent) {
      continuations.push(content);
      continue;
    }
    indent = ownIndent;
    const line = index + 1;
    const header = headerName(content);
    if (header !== undefined) {
      close();
      items.push({ kind: 'header', name: header, line });
      inSection = true;
      continue;
    }
    const option = inSection ? readOption(content, line, ownIndent) : undefined;
    // Behind a line without a delimiter the option before it stays open, as in ConfigParser.
    if (option !== undefined) close();
    if (option !== undefined && option.name !== '') {
      open = option;
      continue;
    }
    const kind = inSection ? 'fault' : 'homeless';
    items.push({ kind, line, text: index < last ? `${source}\n` : source });
    faults += 1;
    if (!inSection || faults === FAULT_LIMIT) break;
  }
  close();
  return items;
}

function continued(option: ScannedOption, lines: readonly string[]): ScannedOption {
  return lines.length === 0 ? option : { ...option, value: stripEnd([option.value, ...lines].join('\n')) };
}

function readOption(content: string, line: number, indent: number): ScannedOption | undefined {
  const at = delimiterOf(content);
  if (at < 0) return undefined;
  const rest = content.slice(at + 1);
  const value = strip(rest);
  const column = indent + at + 2 + (value === '' ? 0 : indentOf(rest));
  return { kind: 'option', name: stripEnd(content.slice(0, at)).toLowerCase(), value, line, column };
}

/** The first `=` or `:`; -1 when there is none. */
function delimiterOf(content: string): number {
  const equals = content.indexOf('=');
  const colon = content.indexOf(':');
  return equals < 0 || (colon >= 0 && colon < equals) ? colon : equals;
}

/** Greedy: the last `]` ends the name, and what follows it is ignored. */
function headerName(content: string): string | undefined {
  if (!content.startsWith('[')) return undefined;
  const end = content.lastIndexOf(']');
  return end >= 2 ? content.slice(1, end) : undefined;
}

/**
 * Where a comment starts, undefined when the line has none. ConfigParser looks at the n-th `;` and the n-th `#`
 * together, so a `;` behind a blank is missed when it comes later in its own row than a `#` that counts.
 */
function commentStart(source: string, indent: number): number | undefined {
  const first = source.charCodeAt(indent);
  if (first === 0x3b || first === 0x23) return 0;
  if (!source.includes(';') && !source.includes('#')) return undefined;
  let marks = [
    { mark: ';', at: -1 },
    { mark: '#', at: -1 },
  ];
  while (marks.length > 0) {
    marks = marks
      .map(({ mark, at }) => ({ mark, at: source.indexOf(mark, at + 1) }))
      .filter(({ at }) => at >= 0);
    const starts = marks.filter(({ at }) => isSpace(source.charCodeAt(at - 1))).map(({ at }) => at);
    if (starts.length > 0) return Math.min(...starts);
  }
  return undefined;
}
