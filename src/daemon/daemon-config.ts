/** The daemon's configuration: read at the start, and again for every reread and restart. */
import { resolve } from 'node:path';
import type { CommandLineOverrides } from '../config/command-line.ts';
import { ConfigError, textWithPlace } from '../config/config-error.ts';
import { loadDaemonConfig, loadDaemonConfigInSteps } from '../config/load.ts';
import type { ConfigFiles, World } from '../config/ports.ts';
import type { Steps } from '../config/steps.ts';
import type { DaemonConfig } from '../config/types.ts';
import { tellStandardError } from '../host/standard-error.ts';
import { systemUsers } from '../host/users.ts';
import { takeSteps } from '../supervisor/bulk-work.ts';
import type { BulkWork, MainLog } from '../supervisor/ports.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { type OwnProcess, refuseOtherUser } from './own-process.ts';
import { checkResultHandlers } from './result-handlers.ts';

export interface DaemonInput {
  readonly files: ConfigFiles;
  readonly world: World;
  /** The configuration file, as given. */
  readonly path: string;
  readonly overrides: CommandLineOverrides;
  readonly version: string;
  /** undefined: the process belongs to a program around the daemon. */
  readonly own: OwnProcess | undefined;
  /** Told about each life, right before its start: for who wants to hear of the start itself. */
  readonly onPrepared?: (supervisor: Supervisor) => void;
  /** Told about each life, right after its start. */
  readonly onStarted?: (supervisor: Supervisor) => void;
  /** Told once, before anything else. */
  readonly onLog?: (log: MainLog) => void;
}

/** At once: before the first start there is nothing to look after. Throws {@link ConfigError}. */
export function loadConfig(input: DaemonInput): DaemonConfig {
  return checked(loadDaemonConfig(input), input);
}

/** The path is the one of the start: the daemon may have changed its directory. Throws {@link ConfigError}. */
export function* reload(input: DaemonInput): Steps<DaemonConfig> {
  const path = resolve(input.world.cwd, input.path);
  return checked(yield* loadDaemonConfigInSteps({ ...input, path }), input);
}

/** Throws {@link ConfigError}. */
function checked(config: DaemonConfig, input: DaemonInput): DaemonConfig {
  if (input.own === undefined) refuseOtherUser(config, systemUsers);
  checkResultHandlers(config);
  const { supervisord } = config;
  // The daemon may be elsewhere by the time that it makes log files there.
  const childlogdir = resolve(input.world.cwd, supervisord.childlogdir);
  return { ...config, supervisord: { ...supervisord, childlogdir } };
}

/** A signal has nobody to answer to: what is wrong goes to the log and to stderr. */
export async function restartOrStay(supervisor: Supervisor, log: MainLog): Promise<void> {
  try {
    await supervisor.restart();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(log, `not restarting, because the new configuration is wrong: ${textWithPlace(error)}`);
  }
}

/** The file may become wrong while the programs stop: that must not end the daemon either. */
export async function reloadOrKeep(
  config: DaemonConfig,
  input: DaemonInput,
  { log, bulk }: { readonly log: MainLog; readonly bulk: BulkWork },
): Promise<DaemonConfig> {
  try {
    return await takeSteps(bulk, reload(input));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(
      log,
      `restarting with the old configuration, because the new one is wrong: ${textWithPlace(error)}`,
    );
    return config;
  }
}

/** To the log and to stderr: nobody waits for an answer. */
export function complain(log: MainLog, message: string): void {
  log.write('critical', message);
  tellStandardError(`heraldd: ${message}\n`);
}
