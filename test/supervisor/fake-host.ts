/**
 * An operating system in memory: a clock turned by hand, children that do what a test says, logs that are
 * strings. Whatever the supervisor asked of it can be looked at.
 */
import assert from 'node:assert/strict';
import type { SocketConfig } from '../../src/config/types.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import {
  type Cancel,
  type Channel,
  type Child,
  type ChildObserver,
  type Clock,
  CommandError,
  type ExitStatus,
  type Files,
  type GroupObserver,
  type Host,
  type LogFileOptions,
  type LogLevel,
  type LogSink,
  type MainLog,
  type Processes,
  type SharedSocket,
  type SocketError,
  type Sockets,
  type SpawnRequest,
  type Syslog,
  type UserIdentity,
  type Users,
  type WriteOutcome,
} from '../../src/supervisor/ports.ts';

/** 2023-11-14 22:13:20 UTC: 20 s into its minute, 800 s into its hour. */
export const EPOCH = 1_700_000_000_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly fn: () => void;
}

export class FakeClock implements Clock {
  #monotonic = 0;
  #wall = EPOCH;
  #order = 0;
  readonly #timers = new Set<Timer>();
  /** Called after each timer that has fired. */
  onTurn: () => void = () => {};

  monotonic(): number {
    return this.#monotonic;
  }

  wall(): number {
    return this.#wall;
  }

  /** The wall clock jumps; no timer notices. */
  setWall(ms: number): void {
    this.#wall = ms;
  }

  after(ms: number, fn: () => void): Cancel {
    const timer = { due: this.#monotonic + ms, order: this.#order++, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are armed. */
  get live(): number {
    return this.#timers.size;
  }

  /** Lets time pass, on both clocks, and runs what becomes due, in order, each at its time. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#timers.delete(timer);
      this.#pass(Math.max(0, timer.due - this.#monotonic));
      timer.fn();
      this.onTurn();
    }
    this.#pass(end - this.#monotonic);
  }

  /** Time passes while somebody works: nothing fires, whatever becomes due. */
  work(ms: number): void {
    this.#pass(ms);
  }

  /** One turn of the loop: fires what is due by now, and leaves what that arms for the next turn. */
  turn(): void {
    const due = [...this.#timers].filter((timer) => timer.due <= this.#monotonic);
    for (const timer of due.sort((a, b) => a.due - b.due || a.order - b.order)) {
      if (!this.#timers.delete(timer)) continue;
      timer.fn();
      this.onTurn();
    }
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.due > end) continue;
      const earlier =
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order);
      if (earlier) first = timer;
    }
    return first;
  }

  #pass(ms: number): void {
    this.#monotonic += ms;
    this.#wall += ms;
  }
}

/** A child: the test speaks for it, and reads what it was sent. */
export class FakeChild implements Child {
  readonly name: string;
  readonly pid: number;
  readonly request: SpawnRequest;
  readonly #observer: ChildObserver;
  readonly #turn: () => void;
  readonly #group: GroupObserver;
  readonly #open: Set<Channel>;
  #received = '';
  #taken = 0;
  #alive = true;
  /** False once the child has closed its stdin. */
  stdinOpen = true;
  /** True while it takes no more on its stdin. */
  stdinFull = false;
  unwritten = 0;
  /** True while others of its process group live; see {@link endGroup}. */
  hasFamily = false;

  constructor(
    name: string,
    pid: number,
    request: SpawnRequest,
    observer: ChildObserver,
    turn: () => void,
    group: GroupObserver,
  ) {
    this.name = name;
    this.pid = pid;
    this.request = request;
    this.#observer = observer;
    this.#turn = turn;
    this.#group = group;
    this.#open = new Set(request.redirectStderr ? ['stdout'] : ['stdout', 'stderr']);
  }

  get alive(): boolean {
    return this.#alive;
  }

  write(bytes: Uint8Array): WriteOutcome {
    if (!this.#alive || !this.stdinOpen) return 'closed';
    if (this.stdinFull) return 'full';
    this.#received += decoder.decode(bytes);
    return 'accepted';
  }

  /** The channels that it can still write to. */
  get channels(): ReadonlySet<Channel> {
    return this.#open;
  }

  /** Everything that came to its stdin. */
  get received(): string {
    return this.#received;
  }

  /** What came to its stdin since the last call. */
  take(): string {
    const news = this.#received.slice(this.#taken);
    this.#taken = this.#received.length;
    return news;
  }

  /** Writes to its stdout or stderr. The bytes are spoilt afterwards, as the host's read buffer is. */
  out(data: string | Uint8Array, channel: Channel = 'stdout'): void {
    assert.ok(this.#open.has(channel), `${this.name} has closed its ${channel}`);
    const bytes = typeof data === 'string' ? encoder.encode(data) : data.slice();
    this.#observer.output(channel, bytes);
    bytes.fill(0x21);
    this.#turn();
  }

  /** Closes one of its channels. */
  seal(channel: Channel): void {
    if (!this.#open.delete(channel)) return;
    this.#observer.sealed(channel);
    this.#turn();
  }

  exit(code = 0): void {
    this.#end({ kind: 'exited', code });
    this.sealAll();
  }

  die(signal = 9): void {
    this.#end({ kind: 'signaled', signal, core: false });
    this.sealAll();
  }

  /** Ends, but a grandchild holds the pipes; call {@link sealAll} later. */
  exitHeld(code = 0): void {
    this.#end({ kind: 'exited', code });
  }

  sealAll(): void {
    for (const channel of [...this.#open]) this.seal(channel);
  }

  #end(status: ExitStatus): void {
    assert.ok(this.#alive, `${this.name} is dead already`);
    this.#alive = false;
    this.#observer.exited(status);
    if (this.hasFamily) this.#group.left();
    else this.#group.emptied();
    this.#turn();
  }

  /** It has ended, and now the last of its process group does. */
  endGroup(): void {
    assert.ok(!this.#alive && this.hasFamily, `${this.name} has left nobody behind`);
    this.hasFamily = false;
    this.#group.emptied();
    this.#turn();
  }
}

export class FakeProcesses implements Processes {
  readonly children: FakeChild[] = [];
  /** Thrown by the next spawns, one each; undefined lets one through. */
  readonly failures: (Error | undefined)[] = [];
  /** As `15 process 100`. */
  readonly signals: string[] = [];
  /** What the next signal comes to. */
  outcome: 'sent' | 'gone' | Error = 'sent';
  onTurn: () => void = () => {};
  /** Whom to tell what becomes of a process group, by the pid of its leader. */
  readonly watched = new Map<number, GroupObserver>();
  #pid = 100;

  spawn(name: string, request: SpawnRequest, observer: ChildObserver): Child {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const pid = this.#pid++;
    const group: GroupObserver = {
      left: () => this.watched.get(pid)?.left(),
      emptied: () => {
        const watcher = this.watched.get(pid);
        this.watched.delete(pid);
        watcher?.emptied();
      },
    };
    const child = new FakeChild(name, pid, request, observer, () => this.onTurn(), group);
    this.children.push(child);
    return child;
  }

  signal(pid: number, signal: number, target: 'process' | 'group'): 'sent' | 'gone' {
    this.signals.push(`${signal} ${target} ${pid}`);
    if (this.outcome instanceof Error) throw this.outcome;
    return this.outcome;
  }

  watchGroup(pid: number, observer: GroupObserver): Cancel {
    assert.ok(!this.watched.has(pid), `the group of ${pid} is watched already`);
    this.watched.set(pid, observer);
    return () => this.watched.delete(pid);
  }
}

export class FakeLogFile implements LogSink {
  readonly path: string;
  readonly options: LogFileOptions;
  readonly #content: Map<string, string>;
  readonly #decoder = new TextDecoder();
  readonly lost = 0;
  open = true;
  reopened = 0;

  constructor(path: string, options: LogFileOptions, content: Map<string, string>) {
    this.path = path;
    this.options = options;
    this.#content = content;
  }

  write(bytes: Uint8Array): void {
    assert.ok(this.open, `${this.path} is written after it was closed`);
    const text = this.#decoder.decode(bytes, { stream: true });
    this.#content.set(this.path, (this.#content.get(this.path) ?? '') + text);
  }

  reopen(): void {
    assert.ok(this.open, `${this.path} is reopened after it was closed`);
    this.reopened++;
  }

  clear(): void {
    assert.ok(this.open, `${this.path} is cleared after it was closed`);
    this.#content.set(this.path, '');
  }

  close(): void {
    this.open = false;
  }
}

export class FakeFiles implements Files {
  readonly content = new Map<string, string>();
  /** Every log that was opened, in order. */
  readonly opened: FakeLogFile[] = [];
  /** Path → code of the error with which it does not open. */
  readonly closedPaths = new Map<string, string>();
  /** Word → what is wrong with it. */
  readonly badCommands = new Map<string, CommandError>();
  /** As `word searchPath`. */
  readonly resolved: string[] = [];
  readonly autoLogs: string[] = [];

  openLog(path: string, options: LogFileOptions): LogSink {
    const code = this.closedPaths.get(path);
    if (code !== undefined) throw Object.assign(new Error(`${code}: ${path}`), { code });
    const log = new FakeLogFile(path, options, this.content);
    this.opened.push(log);
    return log;
  }

  resolveCommand(word: string, searchPath: string): string {
    this.resolved.push(`${word} ${searchPath}`);
    const bad = this.badCommands.get(word);
    if (bad !== undefined) throw bad;
    return word.includes('/') ? word : `/bin/${word}`;
  }

  createAutoLog(folder: string, prefix: string): string {
    const path = `${folder}/${prefix}${this.autoLogs.length}.log`;
    this.autoLogs.push(path);
    return path;
  }

  readSlice(path: string, from: number, length: number): Uint8Array {
    return bytesOf(this.content.get(path) ?? '').subarray(from, from + length);
  }

  size(path: string): number | undefined {
    const content = this.content.get(path);
    return content === undefined ? undefined : bytesOf(content).length;
  }

  /** Logs that are open now. */
  get open(): string[] {
    return this.opened.filter((log) => log.open).map((log) => log.path);
  }
}

export function missingCommand(word: string): CommandError {
  return new CommandError('NO_FILE', `can't find command '${word}'`);
}

export class FakeMainLog implements MainLog {
  /** As `level message`. */
  readonly lines: string[] = [];
  /** Whether debug is kept, too. */
  debug = false;

  write(level: LogLevel, message: string): void {
    if (this.enabled(level)) this.lines.push(`${level} ${message}`);
  }

  enabled(level: LogLevel): boolean {
    return this.debug || !['debug', 'trace', 'blather'].includes(level);
  }

  /** What was written since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }
}

/** Sockets that exist on paper only. */
export class FakeSockets implements Sockets {
  /** Addresses of those that are open. */
  readonly open: string[] = [];
  /** The next attempts fail with this. */
  refusal: SocketError | undefined;

  listen({ url }: SocketConfig): SharedSocket {
    if (this.refusal !== undefined) throw this.refusal;
    this.open.push(url);
    return { close: () => this.open.splice(this.open.indexOf(url), 1) };
  }
}

export class FakeSyslog implements Syslog {
  readonly messages: string[] = [];
  readonly lost = 0;

  send(text: string): void {
    this.messages.push(text);
  }

  /** What was sent since the last call. */
  take(): string[] {
    return this.messages.splice(0);
  }
}

export class FakeHost implements Host {
  readonly clock = new FakeClock();
  readonly bulk = createBulkWork(this.clock);
  readonly processes = new FakeProcesses();
  readonly files = new FakeFiles();
  readonly log = new FakeMainLog();
  readonly knownUsers = new Map<string, UserIdentity>();
  readonly users: Users = { lookup: (name) => this.knownUsers.get(name) };
  readonly sockets = new FakeSockets();
  readonly syslog = new FakeSyslog();

  /** The newest child of a process. */
  child(name: string): FakeChild {
    const child = this.processes.children.findLast((candidate) => candidate.name === name);
    assert.ok(child, `${name} has not been started`);
    return child;
  }

  /** How often a process has been started. */
  starts(name: string): number {
    return this.processes.children.filter((child) => child.name === name).length;
  }
}
