/** heraldctl: its command line, its configuration, the user's terminal, and the exit status. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseCtlCommandLine } from '../config/command-line.ts';
import { ConfigError, renderConfigError } from '../config/config-error.ts';
import { loadCtlConfig } from '../config/ctl-config.ts';
import { findConfigFile } from '../config/search-path.ts';
import { runCtl } from '../ctl/session.ts';
import type { History, OwnTerminal } from '../ctl/terminal.ts';
import { createTerminal } from '../ctl/terminal.ts';
import { formatUsage } from '../ctl/usage.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { createClient } from '../sdk/client.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;
const HISTORY_LINES = 1000;

// Who reads our output has gone: there is nobody left to tell anything.
process.stdout.on('error', () => process.exit(EXIT_FAILURE));
process.stderr.on('error', () => process.exit(EXIT_FAILURE));

process.exitCode = await main(process.argv.slice(2), process.argv[1] ?? 'heraldctl');
// A pipe takes the rest of the output in its own time; the input, though, may stay open for ever.
process.stdout.write('', () => process.exit());

async function main(words: readonly string[], argv0: string): Promise<number> {
  try {
    const line = parseCtlCommandLine(words);
    if (line.kind === 'help') {
      process.stdout.write(formatUsage(path.basename(argv0, '.js')));
      return 0;
    }
    const { overrides } = line;
    const file = overrides.configuration ?? findConfigFile(files, argv0);
    const config = loadCtlConfig({ files, world: nodeWorld(), path: file, overrides });
    for (const notice of config.notices) process.stderr.write(`${notice.message}\n`);
    const terminal = openTerminal(config.historyFile);
    try {
      return await runCtl({ ...config, action: line.words }, terminal, (url, username, password) =>
        createClient({ url, username, password }),
      );
    } finally {
      terminal.close();
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(renderConfigError(error, argv0));
    return EXIT_USAGE;
  }
}

function openTerminal(historyFile: string | undefined): OwnTerminal {
  return createTerminal({
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    editable: process.stdin.isTTY && process.stdout.isTTY,
    onSigint: (handler) => {
      process.on('SIGINT', handler);
      return () => process.off('SIGINT', handler);
    },
    giveUp: () => process.kill(process.pid, 'SIGINT'),
    ...(historyFile !== undefined && { history: fileHistory(historyFile) }),
  });
}

/** The file has the oldest line first, as readline of Python writes it. */
function fileHistory(file: string): History {
  let earlier: string[] = [];
  try {
    earlier = readFileSync(file, 'utf8').split('\n').filter(Boolean).slice(-HISTORY_LINES).reverse();
  } catch {
    // The first run has no file yet, and a history that cannot be read is no reason not to control a daemon.
  }
  return {
    earlier,
    remember: (lines) => {
      try {
        writeFileSync(file, `${[...lines].reverse().join('\n')}\n`, { mode: 0o600 });
      } catch {
        // As above: the history is a convenience.
      }
    },
  };
}
