import { constants } from 'node:os';
import type {
  BulkWork,
  Cancel,
  Channel,
  Child,
  ChildObserver,
  Clock,
  ExitStatus,
  Processes,
  WriteOutcome,
} from '../supervisor/ports.ts';
import { type StartedChild, startChild } from './child-start.ts';
import { Gathering } from './gathering.ts';
import { closeOnExecFrom } from './libc/descriptors.ts';
import { leadsGroup, sendSignal } from './libc/signals.ts';
import { InputPipe, OutputPipe, type OutputPipeOwner } from './pipes.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { StartPatience } from './start-patience.ts';
import { WatchedGroups } from './watched-groups.ts';

/**
 * How long the pipes of a dead child stay open for what it left behind (a grandchild, a pipeline's last
 * stage). Long enough for a last message, short enough that a daemonized grandchild does not hold two
 * descriptors and two event streams for ever. Supervisor closes them at once.
 */
const LINGER_MS = 5_000;

/** What is taken from a pipe in one go at the exit; a grandchild that never stops must not hold up the news. */
const DRAIN_BYTES = 1_048_576;

/**
 * How long we wait to hear whether the program of a child runs that has to become another user first. It takes less
 * than a millisecond, and some more on a busy machine; on the other hand, nothing else happens meanwhile.
 */
const PATIENCE_MS = 100;

const { SIGKILL } = constants.signals;

export interface ProcessesOptions {
  readonly clock: Clock;
  /** Deaths are told in its slices. */
  readonly bulk: BulkWork;
  /** A process that nobody here has started was reaped: an orphan, or a child from before our time. */
  readonly reapedUnknown: (pid: number, status: ExitStatus) => void;
  readonly lingerMs?: number;
  /** The soft limit on descriptors that children get, if it is below ours. */
  readonly descriptorLimit?: number;
  /** How long a child of another user may take to become its program before we go on without knowing. */
  readonly patienceMs?: number;
}

/** Only one of these may be open in a process, because it reaps all children. */
export interface LinuxProcesses extends Processes {
  /** Stops reaping. Children and their pipes are left as they are. */
  close(): void;
}

export function createProcesses(options: ProcessesOptions): LinuxProcesses {
  const groups = new WatchedGroups(options.clock, options.bulk);
  const reaper = startReaper(options.bulk, (pid, status) => {
    options.reapedUnknown(pid, status);
    groups.orphanEnded();
  });
  closeOnExecFrom(3);
  const lingerMs = options.lingerMs ?? LINGER_MS;
  const gathering = new Gathering(options.clock);
  const discard = (pid: number): void => {
    groups.numberTaken(pid);
    reaper.adopt(pid, () => undefined);
    kill(pid);
  };
  const { descriptorLimit } = options;
  const patience = new StartPatience(options.patienceMs ?? PATIENCE_MS, options.clock);
  return {
    spawn: (name, request, observer) => {
      const started = startChild(name, request, { descriptorLimit, patience, discard });
      const { pid } = started;
      groups.numberTaken(pid);
      const child = new PipedChild(pid, observer, options.clock, lingerMs, () => groups.isLeaderless(pid));
      child.attach(started, request.converses === true ? undefined : gathering);
      reaper.adopt(pid, (status) => {
        child.end(status);
        groups.childEnded(pid);
      });
      return child;
    },
    signal: (pid, signal, target) => signalChild({ reaper, groups }, pid, signal, target),
    watchGroup: (pid, observer) => groups.watch(pid, observer),
    close: () => {
      groups.close();
      reaper.close();
    },
  };
}

/** A pid that has been reaped may be somebody else's by now: only living children are signalled, and watched groups. */
function signalChild(
  { reaper, groups }: { readonly reaper: Reaper; readonly groups: WatchedGroups },
  pid: number,
  signal: number,
  target: 'process' | 'group',
): 'sent' | 'gone' {
  if (reaper.has(pid)) {
    if (target === 'process' || leadsGroup(pid)) return sendSignal(pid, signal, target);
    // It has gone over to another group of the session, and may have left others in its own.
    sendSignal(pid, signal, 'group');
    return sendSignal(pid, signal, 'process');
  }
  return target === 'group' && groups.isLeaderless(pid) ? groups.signal(pid, signal) : 'gone';
}

/** It is about to end by itself, unless a process of its user has stopped it. */
function kill(pid: number): void {
  try {
    sendSignal(pid, SIGKILL, 'process');
  } catch {
    // Root without CAP_KILL may not: then there is nothing else to be done about it.
  }
}

class PipedChild implements Child, OutputPipeOwner {
  readonly pid: number;
  readonly #observer: ChildObserver;
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #isAwaited: () => boolean;
  #stdin: InputPipe | undefined;
  #outputs: OutputPipe[] = [];
  #cancelLinger: Cancel | undefined;
  #lateFailure: StartedChild['lateFailure'];

  /** `isAwaited`: whether others of its group are given the time to end well, so that what they say counts. */
  constructor(
    pid: number,
    observer: ChildObserver,
    clock: Clock,
    lingerMs: number,
    isAwaited: () => boolean,
  ) {
    this.pid = pid;
    this.#observer = observer;
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.#isAwaited = isAwaited;
  }

  attach({ stdin, stdout, stderr, lateFailure }: StartedChild, gathering: Gathering | undefined): void {
    this.#lateFailure = lateFailure;
    if (stdin !== undefined) this.#stdin = new InputPipe(stdin);
    this.#outputs.push(new OutputPipe(stdout, 'stdout', this, gathering));
    if (stderr !== undefined) this.#outputs.push(new OutputPipe(stderr, 'stderr', this, gathering));
  }

  get unwritten(): number {
    return this.#stdin?.unwritten ?? 0;
  }

  write(bytes: Uint8Array): WriteOutcome {
    return this.#stdin?.write(bytes) ?? 'closed';
  }

  output(channel: Channel, bytes: Uint8Array): void {
    this.#observer.output(channel, bytes);
  }

  sealed(channel: Channel): void {
    if (this.#outputs.every((pipe) => pipe.sealed)) this.#cancelLinger?.();
    this.#observer.sealed(channel);
  }

  /** The child is dead and reaped: what its pipes hold comes first, then the exit, then the ends. */
  end(status: ExitStatus): void {
    this.#stdin?.close();
    const ended = this.#outputs.filter((pipe) => pipe.drain(DRAIN_BYTES));
    this.#tellLateFailure();
    this.#observer.exited(status);
    for (const pipe of ended) pipe.cut();
    if (!this.#outputs.every((pipe) => pipe.sealed)) this.#linger();
  }

  #linger(): void {
    this.#cancelLinger = this.#clock.after(this.#lingerMs, () => {
      if (this.#isAwaited()) this.#linger();
      else for (const pipe of this.#outputs) pipe.cut();
    });
  }

  /** As Supervisor's children do that cannot become their program: on stderr, before the exit with 127. */
  #tellLateFailure(): void {
    const failure = this.#lateFailure?.();
    if (failure === undefined) return;
    const text = failure.childText ?? `supervisor: ${failure.message}\n`;
    this.#observer.output(this.#outputs.length > 1 ? 'stderr' : 'stdout', Buffer.from(text));
  }
}
