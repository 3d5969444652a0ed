/**
 * What one run has shown, in a form that two runs have in common: pids, times and folders replaced, events
 * sorted into streams, serial numbers checked and then left out.
 */
import type { Comparison } from './scenario.ts';
import type { Value } from './xml-rpc-client.ts';

/** One line of a recording listener. */
export interface RecordedEvent {
  readonly by: string;
  readonly header: string;
  readonly payload: string;
}

export interface Transcript {
  /** Calls with what they came to, in order. */
  readonly calls: readonly Value[];
  /** By listener, then by stream. */
  readonly events: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** What the script noted: file contents and findings of its own. */
  readonly notes: Readonly<Record<string, Value>>;
}

const HEADER =
  /^ver:3\.0 server:supervisor serial:([0-9]+) pool:(\S+) poolserial:([0-9]+) eventname:([A-Z_0-9]+) len:([0-9]+)( bytes:[0-9]+)?$/;
const CLOCK_TEXT = /^[A-Z][a-z]{2} [0-9]{2} [0-9]{2}:[0-9]{2} [AP]M$/;
const TIME_KEYS: ReadonlySet<string> = new Set(['start', 'stop', 'now']);

/** Replaces what cannot be the same in two runs. One instance per run: it remembers the pids it has met. */
export class Normaliser {
  private readonly folder: string;
  private readonly pids = new Map<string, number[]>();

  constructor(folder: string) {
    this.folder = folder;
  }

  text(text: string): string {
    return text.replaceAll(this.folder, 'DIR');
  }

  /** `PID(x.2)` is the second pid that this run has shown for the process x. */
  pid(processName: string, pid: number): string {
    if (pid === 0) return '0';
    const known = this.pids.get(processName) ?? [];
    this.pids.set(processName, known);
    if (!known.includes(pid)) known.push(pid);
    return `PID(${processName}.${known.indexOf(pid) + 1})`;
  }

  value(value: Value): Value {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item: Value) => this.value(item));
    if (value === null || typeof value !== 'object') return value;
    const struct = value as { readonly [key: string]: Value };
    const owner = typeof struct.name === 'string' ? struct.name : '?';
    return Object.fromEntries(
      Object.entries(struct).map(([key, member]) => [key, this.member(owner, key, member)]),
    );
  }

  private member(owner: string, key: string, member: Value): Value {
    if (key === 'pid' && typeof member === 'number') return this.pid(owner, member);
    if (TIME_KEYS.has(key) && typeof member === 'number') return member === 0 ? 0 : 'T';
    if (key === 'description' && typeof member === 'string') return this.description(owner, member);
    return this.value(member);
  }

  private description(owner: string, text: string): string {
    if (CLOCK_TEXT.test(text)) return 'T';
    const running = /^pid ([0-9]+), uptime [0-9]+:[0-9]{2}:[0-9]{2}$/.exec(text);
    return running ? `pid ${this.pid(owner, Number(running[1]))}, uptime T` : this.text(text);
  }

  /** The payload with pid and folder replaced. */
  payload(payload: string): string {
    const owner = /^processname:(\S+)/.exec(payload)?.[1];
    const named =
      owner === undefined
        ? payload
        : payload.replace(
            / pid:([0-9]+)/,
            (_all, digits: string) => ` pid:${this.pid(owner, Number(digits))}`,
          );
    return this.text(named);
  }
}

/** The streams of one listener: by process, else by family of events; plus what the serial numbers show. */
export function eventStreams(
  recorded: readonly RecordedEvent[],
  normaliser: Normaliser,
  comparison: Comparison,
): Record<string, readonly string[]> {
  const streams: Record<string, string[]> = {};
  // Who gets a fence depends on who is idle just then.
  const told = recorded.filter((event) => !event.payload.startsWith('type:fence\n'));
  const severalMembers = new Set(told.map((event) => event.by)).size > 1;
  const delivered = new Set<string>();
  for (const event of recorded) {
    const head = readHeader(event);
    if (comparison.ignore?.includes(head.name)) continue;
    const again = delivered.has(head.poolserial) ? ' (again)' : '';
    delivered.add(head.poolserial);
    const by = severalMembers ? `${event.by} < ` : '';
    const key = by + (comparison.order === 'sequence' ? 'all' : streamOf(head.name, event.payload));
    const line = `${head.text}${again} ${normaliser.payload(event.payload)}`;
    const stream = streams[key] ?? [];
    streams[key] = stream;
    if (!(comparison.chunks === undefined && joinLog(stream, line))) stream.push(line);
  }
  return { ...streams, serials: serialFindings(recorded) };
}

/** A header that is as it should be shrinks to the event's name; any other is shown whole. */
function readHeader(event: RecordedEvent): { name: string; poolserial: string; text: string } {
  const match = HEADER.exec(event.header);
  if (match === null) return { name: '?', poolserial: event.header, text: event.header };
  const [, , , poolserial = '', name = '', length = '', bytes = ''] = match;
  const right = Number(length) === [...event.payload].length ? '' : ` with a wrong len:${length}`;
  const unit =
    bytes === ''
      ? ''
      : ` with${bytes === ` bytes:${Buffer.byteLength(event.payload)}` ? '' : ' wrong'} bytes`;
  return { name, poolserial, text: name + right + unit };
}

function streamOf(name: string, payload: string): string {
  const processName = /^processname:(\S+) groupname:(\S+)/.exec(payload);
  return processName === null
    ? name.replace(/_(RUNNING|STOPPING|ADDED|REMOVED)$/, '')
    : `${processName[2]}:${processName[1]}`;
}

/** Output may be read in pieces of any size: two PROCESS_LOG events of a channel in a row are joined. */
function joinLog(stream: string[], line: string): boolean {
  const last = stream.at(-1);
  const head = /^PROCESS_LOG_[^\n]*\n/.exec(line)?.[0];
  if (last === undefined || head === undefined || !last.startsWith(head)) return false;
  stream[stream.length - 1] = last + line.slice(head.length);
  return true;
}

/**
 * Serials differ between the daemons with the interleaving of events. What must hold within a pool: poolserials
 * have no gaps, serial grows with poolserial, and an event that comes again keeps both.
 */
function serialFindings(recorded: readonly RecordedEvent[]): string[] {
  const findings: string[] = [];
  const serials = new Map<number, number>();
  for (const event of recorded) {
    const match = HEADER.exec(event.header);
    if (match === null) continue;
    const [serial, poolserial] = [Number(match[1]), Number(match[3])];
    if ((serials.get(poolserial) ?? serial) !== serial)
      findings.push('an event came again with another serial');
    serials.set(poolserial, serial);
  }
  const ordered = [...serials].toSorted(([a], [b]) => a - b);
  ordered.forEach(([poolserial, serial], index) => {
    const [before, earlier] = ordered[index - 1] ?? [poolserial - 1, -1];
    if (poolserial !== before + 1) findings.push(`${poolserial - before - 1} skipped`);
    if (serial < earlier) findings.push('serial and poolserial disagree');
  });
  return findings;
}
