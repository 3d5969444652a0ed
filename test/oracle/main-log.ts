/** The main log of a daemon, in a form that two runs have in common. */

export interface LogSelection {
  /** Lines below INFO that count; none when absent. */
  readonly debug?: RegExp;
  /** True: one list in the order of the file; otherwise one list for each process and one for the rest. */
  readonly sequence?: true;
  /** What comes before the first such line does not count. */
  readonly from?: RegExp;
}

/** By process name; `daemon` has the lines that are about no process. */
export type LogTranscript = Readonly<Record<string, readonly string[]>>;

const LINE =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} (CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) (.*)$/;
const QUIET: ReadonlySet<string> = new Set(['DEBG', 'TRAC', 'BLAT']);
const WAITING = /^INFO waiting for (.*) to (die|stop)$/;
/** Comes again after another stopwaitsecs. */
const KILLING = /^WARN killing .* with SIGKILL$/;
const SUBJECTS = [
  /^(?:spawned:|killing|process) '([^']+)'/,
  /^(?:success|exited|stopped|gave up): (\S+)/,
  /^(?:killing|Attempted to kill) ([^\s,]+)/,
  /^'([^']+)' std(?:out|err) /,
];

/** Times are cut off, pids and folders replaced; a line that is not a log line belongs to the one before. */
export function readMainLog(
  text: string,
  folder: string,
  { debug, sequence, from }: LogSelection = {},
): LogTranscript {
  const streams: Record<string, string[]> = {};
  const all = entries(text);
  const first = from === undefined ? 0 : all.findIndex(({ message }) => from.test(message));
  for (const { level, message } of first === -1 ? [] : all.slice(first)) {
    if (QUIET.has(level) && !(debug?.test(message) ?? false)) continue;
    const stream = sequence ? 'all' : subjectOf(message);
    const line = `${level} ${withoutPids(message).replaceAll(folder, 'DIR')}`;
    const lines = streams[stream] ?? [];
    streams[stream] = lines;
    // Some come again every few seconds, so that their number depends on how slow everybody is.
    const again = KILLING.test(line)
      ? line === lines.at(-1)
      : lines.some((earlier) => repeats(line, earlier));
    if (!again) lines.push(line);
  }
  return streams;
}

function entries(text: string): { level: string; message: string }[] {
  const found: { level: string; message: string }[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const [, level = '', message = ''] = LINE.exec(line) ?? [];
    const last = found.at(-1);
    if (level !== '') found.push({ level, message });
    else if (last === undefined) found.push({ level: 'none', message: line });
    else last.message += `\n${line}`;
  }
  return found;
}

/** Whether a line tells that we wait, and only for those for whom we have waited in the earlier line already. */
function repeats(line: string, earlier: string): boolean {
  const [, names = '', end] = WAITING.exec(line) ?? [];
  const [, before = '', sameEnd] = WAITING.exec(earlier) ?? [];
  if (end === undefined || end !== sameEnd) return false;
  return names.split(', ').every((name) => before.split(', ').includes(name));
}

function subjectOf(message: string): string {
  return SUBJECTS.map((pattern) => pattern.exec(message)?.[1]).find(Boolean) ?? 'daemon';
}

function withoutPids(message: string): string {
  return message.replace(/\bpid [0-9]+/g, 'pid PID').replace(/ \([0-9]+\) with SIG/, ' (PID) with SIG');
}
