/** herald: the framework's own tool. One word names what to do; each word is a row of {@link COMMANDS}. */
import { text } from 'node:stream/consumers';
import { parseCtlCommandLine } from '../config/command-line.ts';
import { ConfigError, renderConfigError } from '../config/config-error.ts';
import { loadCtlConfig } from '../config/ctl-config.ts';
import { findConfigFile } from '../config/search-path.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { type Client, ConnectionError, createClient, HttpStatusError, RpcFaultError } from '../sdk/client.ts';

const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

interface Command {
  readonly words: string;
  readonly help: string;
  /** Returns the exit status. */
  readonly run: (words: readonly string[], connect: () => Client) => Promise<number>;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  [
    'send',
    {
      words: 'send TYPE [DATA|-]',
      help: 'send a REMOTE_COMMUNICATION event; - reads the data from standard input',
      run: send,
    },
  ],
]);

process.exitCode = await main(process.argv.slice(2), process.argv[1] ?? 'herald');

async function main(words: readonly string[], argv0: string): Promise<number> {
  if (words.includes('--version')) {
    process.stdout.write(`${HERALD_VERSION}\n`);
    return 0;
  }
  try {
    const line = parseCtlCommandLine(words);
    if (line.kind === 'help') {
      process.stdout.write(usage());
      return 0;
    }
    const [name, ...rest] = line.words;
    const command = name === undefined ? undefined : COMMANDS.get(name);
    if (command === undefined) {
      process.stderr.write(
        name === undefined ? usage() : `Error: herald has no command '${name}'\n${usage()}`,
      );
      return EXIT_USAGE;
    }
    const { overrides } = line;
    return await command.run(rest, () => {
      const path = overrides.configuration ?? findConfigFile(files, argv0);
      const { serverurl, username, password } = loadCtlConfig({ files, world: nodeWorld(), path, overrides });
      return createClient({ url: serverurl, username, password });
    });
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(renderConfigError(error, argv0));
      return EXIT_USAGE;
    }
    if (
      error instanceof ConnectionError ||
      error instanceof HttpStatusError ||
      error instanceof RpcFaultError
    ) {
      process.stderr.write(`Error: ${error.message}\n`);
      return EXIT_FAILURE;
    }
    throw error;
  }
}

/** The event is sent once; what the daemon answers is all there is to know. */
async function send(words: readonly string[], connect: () => Client): Promise<number> {
  const [type, data = '', ...more] = words;
  if (type === undefined || more.length > 0) {
    process.stderr.write(
      'Error: send takes a type and at most one text (quote it, or use - for standard input)\n',
    );
    return EXIT_USAGE;
  }
  const client = connect();
  try {
    await client.supervisor.sendRemoteCommEvent(type, data === '-' ? await text(process.stdin) : data);
    return 0;
  } finally {
    client.close();
  }
}

function usage(): string {
  const rows = [...COMMANDS.values()].map(({ words, help }) => `  ${words.padEnd(28)}${help}\n`);
  return `herald -- talk to a running heraldd (or supervisord)

Usage: herald [options] COMMAND [words]

Commands:
${rows.join('')}
Options:
  -c, --configuration FILE    read the server's address from this file's [supervisorctl] section
  -s, --serverurl URL         the server's address: unix:///path or http://host:port
  -u, --username NAME         for servers that ask for it
  -p, --password TEXT
  -h, --help                  print this text and exit
      --version               print the version and exit
`;
}
