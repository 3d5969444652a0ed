/** heraldd: the daemon's command line. */

import { config as rxjs } from 'rxjs';
import { type DaemonCommandLine, parseDaemonCommandLine } from '../config/command-line.ts';
import { ConfigError, renderConfigError } from '../config/config-error.ts';
import { ROOT_SEARCH_WARNING, requireConfigFile } from '../config/search-path.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { lookupUser } from '../host/users.ts';
import { runDaemon, StartError } from './daemon.ts';
import { HERALDD_HELP } from './help.ts';
import { endLeanStart } from './lean-start.ts';

const EXIT_USAGE = 2;
/** Long enough for hundreds of programs to be started. */
const START_BURST_MS = 3000;

process.exitCode = await main(process.argv.slice(2), process.argv[1] ?? 'heraldd');
// Sockets of clients that never hang up must not keep the process.
process.exit();

async function main(words: readonly string[], argv0: string): Promise<number> {
  const world = nodeWorld(lookupUser);
  surviveDefects();
  try {
    const line: DaemonCommandLine = parseDaemonCommandLine(words, { files, world });
    switch (line.kind) {
      case 'help':
        process.stdout.write(HERALDD_HELP);
        return 0;
      case 'version':
        process.stdout.write(`${HERALD_VERSION}\n`);
        return 0;
      case 'run': {
        const { overrides } = line;
        if (overrides.configuration === undefined && world.uid === 0) {
          process.stderr.write(`${ROOT_SEARCH_WARNING}\n`);
        }
        const path = overrides.configuration ?? requireConfigFile(files, argv0);
        return await runDaemon({
          files,
          world,
          path,
          overrides,
          version: HERALD_VERSION,
          ownsSignals: true,
          onStarted: () => setTimeout(endLeanStart, START_BURST_MS),
        });
      }
    }
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(renderConfigError(error, argv0));
      return EXIT_USAGE;
    }
    if (error instanceof StartError) {
      process.stderr.write(`Error: ${error.message}\nFor help, use ${argv0} -h\n`);
      return EXIT_USAGE;
    }
    throw error;
  }
}

/** A defect in one subscriber or callback must not take the supervision of everything else down. */
function surviveDefects(): void {
  const report = (error: unknown): void => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`heraldd: internal error, running on: ${what}\n`);
  };
  rxjs.onUnhandledError = report;
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}
