import type { SpawnError, SpawnRequest, UserIdentity } from '../supervisor/ports.ts';
import { ChildPipes } from './child-pipes.ts';
import { cStrings } from './libc/c-strings.ts';
import { EMFILE, SystemCallError } from './libc/errno.ts';
import { posixSpawn, type SpawnPlan } from './libc/spawn.ts';
import { underDescriptorLimit } from './own-limits.ts';
import {
  nulFailure,
  placesRefusal,
  type SwitchContext,
  spawnFailure,
  switcherFailure,
  switcherRefusal,
  switchFailure,
} from './spawn-failure.ts';
import type { StartPatience } from './start-patience.ts';
import { needsSwitch, type SwitchOutcome, startSwitching } from './user-switch.ts';

export interface StartOptions {
  /** The soft limit on descriptors that children get, if it is below ours. */
  readonly descriptorLimit?: number | undefined;
  /** How long a child may take that has to become another user first. */
  readonly patience: StartPatience;
  /** Takes over a child that will not become its program: nobody is to hear of its end. */
  readonly discard: (pid: number) => void;
}

/** A running child and our ends of its pipes. */
export interface StartedChild {
  readonly pid: number;
  /** undefined: the child has a socket instead. */
  readonly stdin: number | undefined;
  readonly stdout: number;
  readonly stderr: number | undefined;
  /** Where there was no patience left to hear whether the program runs: to be asked when the child is dead. */
  readonly lateFailure: (() => SpawnError | undefined) | undefined;
}

type Spawned = Pick<StartedChild, 'pid' | 'lateFailure'>;

/** Throws {@link SpawnError}; then no descriptor is left, and no child that is not discarded. */
export function startChild(name: string, request: SpawnRequest, options: StartOptions): StartedChild {
  const texts = encodeTexts(request);
  const pipes = new ChildPipes(name, request);
  try {
    const plan = { ...texts, ...pipes.theirs };
    const { user } = request;
    const other = user !== undefined && needsSwitch(user) ? user : undefined;
    if (other !== undefined) pipes.handOver(other, request.converses === true);
    const spawned =
      other !== undefined
        ? spawnAs(other, name, request, plan, options)
        : spawnAsOurselves(name, request, plan, options);
    pipes.closeTheirs();
    return { ...spawned, ...pipes.ours };
  } catch (error) {
    pipes.closeTheirs();
    pipes.closeOurs();
    throw error;
  }
}

function encodeTexts(request: SpawnRequest): Pick<SpawnPlan, 'file' | 'argv' | 'env' | 'directory'> {
  const argv0 = argv0Of(request);
  const argv = cStrings(request.argv);
  if (argv === undefined) throw nulFailure(argv0, 'an argument');
  const env = cStrings(Array.from(request.env, ([key, value]) => `${key}=${value}`));
  if (env === undefined) throw nulFailure(argv0, 'the environment');
  const { file, directory } = request;
  if (file.includes('\0')) throw nulFailure(argv0, 'the path of the program');
  if (directory?.includes('\0')) throw nulFailure(argv0, 'the directory');
  return { file, argv, env, directory };
}

function argv0Of(request: SpawnRequest): string {
  return request.argv[0] ?? request.file;
}

function spawnAsOurselves(
  name: string,
  request: SpawnRequest,
  plan: SpawnPlan,
  options: StartOptions,
): Spawned {
  const pid = spawnOnce(plan, request.umask, options.descriptorLimit);
  if (pid < 0) throw spawnFailure(name, argv0Of(request), request.directory, -pid);
  return { pid, lateFailure: undefined };
}

/** The child switches for itself: see user-switch.ts. */
function spawnAs(
  user: UserIdentity,
  name: string,
  request: SpawnRequest,
  plan: SpawnPlan,
  options: StartOptions,
): Spawned {
  const told = { name, argv0: argv0Of(request), directory: request.directory, user };
  const { argv, env, stdin, stdout, stderr } = plan;
  const outcome = trySwitching(told, plan, options.patience.with(user.uid), (file, third) => {
    const ours = { file, argv, env, stdin, stdout, stderr, third, directory: undefined };
    return spawnOnce(ours, request.umask, options.descriptorLimit);
  });
  if (outcome.kind === 'refused') throw placesRefusal(told, outcome.refusals);
  if (outcome.kind === 'unstarted') throw switcherFailure(told, outcome.path, outcome.errno);
  const { pid } = outcome;
  if (outcome.kind === 'failed') {
    options.discard(pid);
    throw switchFailure(told, outcome.failure);
  }
  if (outcome.kind === 'switched') return { pid, lateFailure: undefined };
  options.patience.usedUpBy(user.uid);
  const lateFailure = (): SpawnError | undefined => {
    const failure = outcome.report.take();
    return failure && switchFailure(told, failure);
  };
  return { pid, lateFailure };
}

function trySwitching(
  told: SwitchContext,
  { file, directory }: SpawnPlan,
  patienceMs: number,
  start: (path: string, reporter: number) => number,
): SwitchOutcome {
  const { uid, gid, groups } = told.user;
  try {
    return startSwitching({ uid, gid, groups, file, directory }, patienceMs, start);
  } catch (error) {
    throw error instanceof SystemCallError ? switcherRefusal(told, error) : error;
  }
}

/**
 * The child's pid, or a negative error number. Umask and limit are set around the call; they are ours, but the call
 * is synchronous.
 */
function spawnOnce(plan: SpawnPlan, umask: number | undefined, descriptors: number | undefined): number {
  const previous = umask === undefined ? undefined : process.umask(umask);
  try {
    const pid = posixSpawn(plan, (call) => underDescriptorLimit(descriptors, call));
    // musl takes a descriptor for itself, and the daemon may have more open than its children may.
    return pid === -EMFILE && descriptors !== undefined ? posixSpawn(plan) : pid;
  } finally {
    if (previous !== undefined) process.umask(previous);
  }
}
