import { bind } from './library.ts';

/*
 * posix_spawn gives process group, signal dispositions, signal mask and working directory as attributes and
 * runs them between a vfork-like clone and exec. It returns the error number of whichever step failed.
 *
 * Sizes and layouts, for glibc and musl, x64 and arm64, from the libraries' public headers:
 *   sigset_t                     1024 bits in both                                             128 bytes
 *   posix_spawn_file_actions_t   2 ints, 1 pointer, 16 ints in both                             80 bytes
 *   posix_spawnattr_t            glibc: short, pid_t, 2 sigset_t, sched_param, int, 16 ints
 *                                musl: int, pid_t, 2 sigset_t, 2 ints, pointer, 56 bytes        336 bytes
 * The latter two are opaque here: only the library's own functions look inside. sigset_t is filled by hand:
 * signal n is bit n-1 of a little-endian number, as the kernel has it.
 */
const SIGSET_BYTES = 128;
const FILE_ACTIONS_BYTES = 80;
const ATTRIBUTES_BYTES = 336;

const POSIX_SPAWN_SETPGROUP = 0x02;
const POSIX_SPAWN_SETSIGDEF = 0x04;
const POSIX_SPAWN_SETSIGMASK = 0x08;
/** glibc 2.26, musl 1.1.17. */
const POSIX_SPAWN_SETSID = 0x80;

const callSpawn = bind('posix_spawn', 'int', ['void *', 'str', 'void *', 'void *', 'void *', 'void *']);
const actionsInit = bind('posix_spawn_file_actions_init', 'int', ['void *']);
const actionsDestroy = bind('posix_spawn_file_actions_destroy', 'int', ['void *']);
const actionsAddDup2 = bind('posix_spawn_file_actions_adddup2', 'int', ['void *', 'int', 'int']);
const actionsAddChdir = bind('posix_spawn_file_actions_addchdir_np', 'int', ['void *', 'str']);
const attributesInit = bind('posix_spawnattr_init', 'int', ['void *']);
const attributesSetFlags = bind('posix_spawnattr_setflags', 'int', ['void *', 'int']);
const attributesSetGroup = bind('posix_spawnattr_setpgroup', 'int', ['void *', 'int']);
const attributesSetDefault = bind('posix_spawnattr_setsigdefault', 'int', ['void *', 'void *']);
const attributesSetMask = bind('posix_spawnattr_setsigmask', 'int', ['void *', 'void *']);

export interface SpawnPlan {
  readonly file: string;
  /** As {@link cStrings} makes them. */
  readonly argv: Buffer;
  readonly env: Buffer;
  /** Descriptors of ours that become 0, 1 and 2 in the child. */
  readonly stdin: number;
  readonly stdout: number;
  readonly stderr: number;
  readonly directory: string | undefined;
  /** A descriptor of ours that becomes 3 in the child. */
  readonly third?: number;
  /** A session of its own, for a daemon; without it a process group in our session. */
  readonly session?: boolean;
}

/**
 * The child's pid, or the negative error number of the step that failed; then there is no child. `around` may set
 * what the child inherits for the length of the call. That has to be narrow, because glibc takes no descriptor of ours
 * into the actions that is not below the soft limit, while the call itself does not mind.
 */
export function posixSpawn(
  plan: SpawnPlan,
  around: (call: () => number) => number = (call) => call(),
): number {
  const failed = actionsInit(actions);
  if (failed !== 0) return -failed;
  try {
    const refused = addActions(plan);
    if (refused !== 0) return -refused;
    const attributes = plan.session === true ? makeAttributes(POSIX_SPAWN_SETSID) : groupAttributes;
    const errno = around(() => callSpawn(childPid, plan.file, actions, attributes, plan.argv, plan.env));
    return errno === 0 ? (childPid[0] ?? -1) : -errno;
  } finally {
    actionsDestroy(actions);
  }
}

/** Every descriptor needs an action, because Node has marked even 0 to 2 as close-on-exec. */
function addActions(plan: SpawnPlan): number {
  return (
    actionsAddDup2(actions, plan.stdin, 0) ||
    actionsAddDup2(actions, plan.stdout, 1) ||
    actionsAddDup2(actions, plan.stderr, 2) ||
    (plan.third === undefined ? 0 : actionsAddDup2(actions, plan.third, 3)) ||
    (plan.directory === undefined ? 0 : actionsAddChdir(actions, plan.directory))
  );
}

/**
 * A process group or a session of the child's own, every signal at its default, none blocked. Default includes
 * SIGPIPE, which Node ignores in the daemon itself.
 */
function makeAttributes(companionship: typeof POSIX_SPAWN_SETPGROUP | typeof POSIX_SPAWN_SETSID): Uint8Array {
  const made = new Uint8Array(ATTRIBUTES_BYTES);
  const failed =
    attributesInit(made) ||
    attributesSetFlags(made, companionship | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) ||
    attributesSetGroup(made, 0) ||
    attributesSetDefault(made, settableSignals()) ||
    attributesSetMask(made, new Uint8Array(SIGSET_BYTES));
  if (failed !== 0) throw new Error(`posix_spawn attributes cannot be set: error ${failed}`);
  return made;
}

/** 1 to 64 but for SIGKILL and SIGSTOP, whose disposition cannot be set. */
function settableSignals(): Uint8Array {
  const set = new Uint8Array(SIGSET_BYTES).fill(0xff, 0, 8);
  for (const signal of [9, 19]) {
    const index = (signal - 1) >> 3;
    set[index] = (set[index] ?? 0) & ~(1 << ((signal - 1) & 7));
  }
  return set;
}

const actions = new Uint8Array(FILE_ACTIONS_BYTES);
const childPid = new Int32Array(1);
const groupAttributes = makeAttributes(POSIX_SPAWN_SETPGROUP);
