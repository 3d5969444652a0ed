/** heraldd: the daemon's command line. */

// First, so that signals are caught while the rest is loaded.
import './early-signals.ts';

import { basename } from 'node:path';
import { config as rxjs } from 'rxjs';
import { type CommandLineOverrides, parseDaemonCommandLine } from '../config/command-line.ts';
import { ConfigError, renderConfigError } from '../config/config-error.ts';
import { ROOT_SEARCH_WARNING, requireConfigFile } from '../config/search-path.ts';
import { type BackgroundStart, startInBackground, takeBackgroundStart } from '../host/background.ts';
import { nodeConfigFiles as files, isPipe, nodeWorld, unwaitingConfigFiles } from '../host/config-files.ts';
import { guessInheritedDescriptors } from '../host/own-limits.ts';
import { nameOwnProcess } from '../host/own-name.ts';
import { tellStandardError } from '../host/standard-error.ts';
import { lookupUser } from '../host/users.ts';
import type { MainLog } from '../supervisor/ports.ts';
import { runDaemon } from './daemon.ts';
import { type DaemonInput, loadConfig } from './daemon-config.ts';
import { signals } from './early-signals.ts';
import { HERALDD_HELP } from './help.ts';
import { endLeanStart } from './lean-start.ts';
import { PrivilegeError, StartError } from './start-error.ts';

const EXIT_INTERNAL = 1;
const EXIT_USAGE = 2;
/** Hundreds of programs are started by then. */
const START_BURST_MS = 500;
const READ_AGAIN =
  'what was read from it is gone, and the process in the background would read it again. ' +
  'Give the daemon a file, or keep it in the foreground with -n';

let log: MainLog | undefined;
surviveDefects();
process.exitCode = await main(process.argv.slice(2), process.argv[1] ?? 'heraldd');
// Sockets of clients that never hang up must not keep the process.
process.exit();

async function main(words: readonly string[], argv0: string): Promise<number> {
  // Taken before anything looks at the environment.
  const background = takeBackgroundStart();
  const tell = background?.tell ?? tellStandardError;
  try {
    const world = nodeWorld(lookupUser);
    const line = parseDaemonCommandLine(words, { files, world });
    if (line.kind === 'run') return await run(line.overrides, world, argv0, background);
    process.stdout.write(line.kind === 'help' ? HERALDD_HELP : `${HERALD_VERSION}\n`);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) {
      tell(renderConfigError(error, argv0));
      return EXIT_USAGE;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof StartError || error instanceof PrivilegeError) {
      tell(`Error: ${message}\nFor help, use ${argv0} -h\n`);
      return EXIT_USAGE;
    }
    tell(`heraldd: internal error: ${message}\n`);
    return EXIT_INTERNAL;
  }
}

async function run(
  overrides: CommandLineOverrides,
  world: DaemonInput['world'],
  argv0: string,
  background: BackgroundStart | undefined,
): Promise<number> {
  nameOwnProcess(basename(argv0, '.js'));
  if (overrides.configuration === undefined && world.uid === 0 && background === undefined) {
    tellStandardError(`${ROOT_SEARCH_WARNING}\n`);
  }
  const path = overrides.configuration ?? requireConfigFile(files, argv0);
  const childDescriptors = background?.descriptors ?? guessInheritedDescriptors();
  const input: DaemonInput = {
    ...{ files: unwaitingConfigFiles, world, path, overrides },
    version: HERALD_VERSION,
    own: { signals, childDescriptors, background },
    onStarted: () => setTimeout(endLeanStart, START_BURST_MS),
    onLog: (opened) => {
      log = opened;
    },
  };
  // There is nothing to look after yet.
  const config = loadConfig({ ...input, files });
  if (!config.supervisord.nodaemon && background === undefined) {
    if (isPipe(path)) throw new StartError(`${path} is a pipe: ${READ_AGAIN}`);
    const child = startInBackground(childDescriptors);
    signals.attach(child.signal);
    return child.status;
  }
  return await runDaemon(input, config);
}

/** A defect in one subscriber or callback must not take the supervision of everything else down. */
function surviveDefects(): void {
  const report = (error: unknown): void => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log?.write('critical', `internal error, running on: ${what}`);
    tellStandardError(`heraldd: internal error, running on: ${what}\n`);
  };
  rxjs.onUnhandledError = report;
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}
