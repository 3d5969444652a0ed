import { resolve } from 'node:path';
import type {
  BulkWork,
  Cancel,
  Channel,
  Child,
  ChildObserver,
  Clock,
  ExitStatus,
  Processes,
  SpawnRequest,
  WriteOutcome,
} from '../supervisor/ports.ts';
import { cStrings } from './libc/c-strings.ts';
import { closeDescriptor, closeOnExecFrom, makePipe, setNonBlocking } from './libc/descriptors.ts';
import { EMFILE, SystemCallError } from './libc/errno.ts';
import { sendSignal } from './libc/signals.ts';
import { posixSpawn, type SpawnPlan } from './libc/spawn.ts';
import { descriptorOf } from './listening-sockets.ts';
import { underDescriptorLimit } from './own-limits.ts';
import { InputPipe, OutputPipe, type OutputPipeOwner } from './pipes.ts';
import { type Reaper, startReaper } from './reaper.ts';
import { nulFailure, pipesFailure, spawnFailure } from './spawn-failure.ts';
import { asUser } from './user-switch.ts';
import { WatchedGroups } from './watched-groups.ts';

/**
 * How long the pipes of a dead child stay open for what it left behind (a grandchild, a pipeline's last
 * stage). Long enough for a last message, short enough that a daemonized grandchild does not hold two
 * descriptors and two event streams for ever. Supervisor closes them at once.
 */
const LINGER_MS = 5_000;

/** What is taken from a pipe in one go at the exit; a grandchild that never stops must not hold up the news. */
const DRAIN_BYTES = 1_048_576;

export interface ProcessesOptions {
  readonly clock: Clock;
  /** Deaths are told in its slices. */
  readonly bulk: BulkWork;
  /** A process that nobody here has started was reaped: an orphan, or a child from before our time. */
  readonly reapedUnknown: (pid: number, status: ExitStatus) => void;
  readonly lingerMs?: number;
  /** The soft limit on descriptors that children get, if it is below ours. */
  readonly descriptorLimit?: number;
}

/** Only one of these may be open in a process, because it reaps all children. */
export interface LinuxProcesses extends Processes {
  /** Stops reaping. Children and their pipes are left as they are. */
  close(): void;
}

export function createProcesses(options: ProcessesOptions): LinuxProcesses {
  const groups = new WatchedGroups(options.clock);
  const reaper = startReaper(options.bulk, (pid, status) => {
    options.reapedUnknown(pid, status);
    groups.orphanEnded();
  });
  closeOnExecFrom(3);
  const lingerMs = options.lingerMs ?? LINGER_MS;
  return {
    spawn: (name, request, observer) => {
      const { pid, stdin, stdout, stderr } = launch(name, request, options.descriptorLimit);
      groups.numberTaken(pid);
      const child = new PipedChild(pid, observer, options.clock, lingerMs, () => groups.isLeaderless(pid));
      child.attach(stdin, stdout, stderr);
      reaper.adopt(pid, (status) => {
        child.end(status);
        groups.childEnded(pid);
      });
      return child;
    },
    signal: (pid, signal, target) => signalChild({ reaper, groups }, pid, signal, target),
    watchGroup: (pid, onEmpty) => groups.watch(pid, onEmpty),
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
  if (reaper.has(pid)) return sendSignal(pid, signal, target);
  return target === 'group' && groups.isLeaderless(pid) ? groups.signal(pid, signal) : 'gone';
}

/** A running child and our ends of its pipes. */
interface Launched {
  readonly pid: number;
  /** undefined: the child has a socket instead. */
  readonly stdin: number | undefined;
  readonly stdout: number;
  readonly stderr: number | undefined;
}

/** Throws SpawnError; then no child and no descriptor is left. */
function launch(name: string, request: SpawnRequest, descriptors: number | undefined): Launched {
  const texts = encodeTexts(request);
  const pipes = new PipeSet(name, request);
  try {
    const pid = start(name, request, { ...texts, ...pipes.theirs }, descriptors);
    pipes.closeTheirs();
    return { pid, ...pipes.ours };
  } catch (error) {
    pipes.closeTheirs();
    pipes.closeOurs();
    throw error;
  }
}

function encodeTexts(request: SpawnRequest): Pick<SpawnPlan, 'file' | 'argv' | 'env' | 'directory'> {
  const argv0 = request.argv[0] ?? request.file;
  const argv = cStrings(request.argv);
  if (argv === undefined) throw nulFailure(argv0, 'an argument');
  const env = cStrings(Array.from(request.env, ([key, value]) => `${key}=${value}`));
  if (env === undefined) throw nulFailure(argv0, 'the environment');
  const { directory } = request;
  if (request.file.includes('\0')) throw nulFailure(argv0, 'the path of the program');
  if (directory?.includes('\0')) throw nulFailure(argv0, 'the directory');
  // The child looks the file up after it has changed its directory; our callers mean ours.
  const file = directory === undefined ? request.file : resolve(request.file);
  return { file, argv, env, directory };
}

/** Starts the process with umask, user and limit set around the call; they are ours, the call is synchronous. */
function start(
  name: string,
  request: SpawnRequest,
  plan: SpawnPlan,
  descriptors: number | undefined,
): number {
  const attempt = (): number => {
    let pid = underDescriptorLimit(descriptors, () => posixSpawn(plan));
    // musl takes a descriptor for itself, and the daemon may have more open than its children may.
    if (pid === -EMFILE && descriptors !== undefined) pid = posixSpawn(plan);
    if (pid < 0) throw spawnFailure(name, request.argv[0] ?? request.file, request.directory, -pid);
    return pid;
  };
  const { user, umask } = request;
  const previous = umask === undefined ? undefined : process.umask(umask);
  try {
    return user === undefined ? attempt() : asUser(user, attempt);
  } finally {
    if (previous !== undefined) process.umask(previous);
  }
}

/** The pipes of one child, until either it or nobody has them. */
class PipeSet {
  readonly ours: { stdin: number | undefined; stdout: number; stderr: number | undefined };
  readonly theirs: { stdin: number; stdout: number; stderr: number };
  readonly #made: { ours: number; theirs: number }[] = [];

  constructor(name: string, { redirectStderr, stdin: socket }: SpawnRequest) {
    try {
      const stdin =
        socket === undefined ? this.#make('writeEnd') : { ours: undefined, theirs: descriptorOf(socket) };
      const stdout = this.#make('readEnd');
      const stderr = redirectStderr ? undefined : this.#make('readEnd');
      this.ours = { stdin: stdin.ours, stdout: stdout.ours, stderr: stderr?.ours };
      this.theirs = { stdin: stdin.theirs, stdout: stdout.theirs, stderr: (stderr ?? stdout).theirs };
    } catch (error) {
      this.closeOurs();
      this.closeTheirs();
      throw error instanceof SystemCallError ? pipesFailure(name, error) : error;
    }
  }

  closeOurs(): void {
    for (const { ours } of this.#made) closeDescriptor(ours);
  }

  closeTheirs(): void {
    for (const { theirs } of this.#made) closeDescriptor(theirs);
  }

  /** Only our end is non-blocking: most programs do not expect it of theirs. */
  #make(ourEnd: 'readEnd' | 'writeEnd'): { ours: number; theirs: number } {
    const pipe = makePipe();
    const theirs = ourEnd === 'readEnd' ? pipe.writeEnd : pipe.readEnd;
    const made = { ours: pipe[ourEnd], theirs };
    this.#made.push(made);
    setNonBlocking(made.ours);
    return made;
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

  attach(stdin: number | undefined, stdout: number, stderr: number | undefined): void {
    if (stdin !== undefined) this.#stdin = new InputPipe(stdin);
    this.#outputs.push(new OutputPipe(stdout, 'stdout', this));
    if (stderr !== undefined) this.#outputs.push(new OutputPipe(stderr, 'stderr', this));
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
}
