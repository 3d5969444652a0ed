/** What the daemon does to its own process before it does anything for others: user, limits, background. */
import process from 'node:process';
import { ConfigError } from '../config/config-error.ts';
import type { DaemonConfig } from '../config/types.ts';
import type { BackgroundStart } from '../host/background.ts';
import { errorCode } from '../host/error-code.ts';
import { ensureLimit, LimitError } from '../host/own-limits.ts';
import { becomeUser, UserSwitchError } from '../host/own-user.ts';
import { reprText } from '../log/python-repr.ts';
import type { MainLog, Users } from '../supervisor/ports.ts';
import type { SignalInbox } from './signals.ts';
import { PrivilegeError, StartError } from './start-error.ts';

/** A process that is all daemon. A program that embeds one keeps its signals, its user and its limits. */
export interface OwnProcess {
  readonly signals: SignalInbox;
  /** The soft limit on descriptors that children get, unless `minfds` is higher. */
  readonly childDescriptors: number;
  /** Only in a process that was started to be the daemon in the background. */
  readonly background: BackgroundStart | undefined;
}

/** An embedded daemon cannot change the user of the program around it. Throws {@link ConfigError}. */
export function refuseOtherUser({ supervisord, file }: DaemonConfig, users: Users): void {
  const { user } = supervisord;
  if (user === undefined || users.lookup(user)?.uid === process.getuid?.()) return;
  throw new ConfigError(`user=${user} is not for a daemon inside another program: start that as this user`, {
    file,
    section: 'supervisord',
    option: 'user',
  });
}

/** Throws {@link StartError} while nothing has changed, {@link PrivilegeError} for a switch that stuck half way. */
export function switchUser({ supervisord }: DaemonConfig, users: Users, log: MainLog): void {
  const { user } = supervisord;
  if (user === undefined) {
    if (process.getuid?.() === 0) log.write('critical', RUNNING_AS_ROOT);
    return;
  }
  const identity = users.lookup(user);
  if (identity === undefined) throw new StartError(`Can't find username ${reprText(user)}`);
  try {
    becomeUser(identity);
  } catch (error) {
    if (!(error instanceof UserSwitchError)) throw error;
    throw new (error.halfway ? PrivilegeError : StartError)(error.message, { cause: error });
  }
  log.write('info', `Set uid to user ${identity.uid} succeeded`);
}

const RUNNING_AS_ROOT =
  'Supervisor is running as root.  Privileges were not dropped because no user is specified in the config file.  ' +
  'If you intend to run as root, you can set user=root in the config file to avoid this message.';

/** `descriptors` is the soft limit that the daemon was started with. Throws {@link StartError}. */
export function raiseLimits({ supervisord }: DaemonConfig, descriptors: number, log: MainLog): void {
  const { minfds, minprocs } = supervisord;
  raise('descriptors', minfds, 'RLIMIT_NOFILE', 'file descriptors required to run this process', 'minfds');
  raise(
    'processes',
    minprocs,
    'RLIMIT_NPROC',
    'available processes required to run this program',
    'minprocs',
  );

  function raise(
    resource: 'descriptors' | 'processes',
    minimum: number,
    constant: string,
    what: string,
    option: string,
  ): void {
    try {
      const outcome = ensureLimit(resource, minimum);
      // Node has been before us with the descriptors, and has raised the limit as far as it goes.
      if (outcome === 'raised' || (resource === 'descriptors' && descriptors < minimum))
        log.write('info', `Increased ${constant} limit to ${minimum}`);
    } catch (cause) {
      if (!(cause instanceof LimitError)) throw cause;
      throw new StartError(
        `The minimum number of ${what} is ${minimum} as per the "${option}" command-line argument or config file ` +
          `setting. Here there are ${cause.hard} at most: raise that limit (ulimit, or the service manager's ` +
          `setting), or lower ${option}.`,
        { cause },
      );
    }
  }
}

/** The last steps of a daemon on its way to the background; its session it has had from the beginning. */
export function enterBackground(
  background: BackgroundStart,
  { supervisord }: DaemonConfig,
  log: MainLog,
): void {
  const { directory, umask } = supervisord;
  log.write('blather', 'supervisord forked; parent exiting');
  log.write('info', 'daemonizing the supervisord process');
  if (directory !== undefined) {
    try {
      process.chdir(directory);
      log.write('info', `set current directory: ${reprText(directory)}`);
    } catch (error) {
      log.write('critical', `can't chdir into ${reprText(directory)}: ${errorCode(error)}`);
    }
  }
  background.detach();
  process.umask(umask);
}
