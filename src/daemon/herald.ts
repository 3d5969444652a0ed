/** herald: the framework's own tool. One word names what to do; each word is a row of {@link COMMANDS}. */
import { text } from 'node:stream/consumers';
import { parseCtlCommandLine } from '../config/command-line.ts';
import { ConfigError, renderConfigError } from '../config/config-error.ts';
import { loadCtlConfig } from '../config/ctl-config.ts';
import { findConfigFile } from '../config/search-path.ts';
import { nodeConfigFiles as files, nodeWorld } from '../host/config-files.ts';
import { ConnectionError, createClient, HttpStatusError, RpcFaultError } from '../sdk/client.ts';
import { CHECK } from './herald-check.ts';
import { type Command, EXIT_FAILURE, EXIT_USAGE, renderCommandHelp, type Setting } from './herald-command.ts';
import { CONFIG } from './herald-config.ts';

const HELP: Command = {
  words: 'help [COMMAND]',
  help: 'print this text, or what a command takes',
  run: ([name]) => {
    const command = name === undefined ? undefined : COMMANDS.get(name);
    if (name !== undefined && command === undefined) return refuseCommand(name);
    process.stdout.write(command === undefined ? usage() : renderCommandHelp(command));
    return 0;
  },
};

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'send',
    {
      words: 'send TYPE [DATA|-]',
      help: 'send a REMOTE_COMMUNICATION event; - reads the data from standard input',
      details: `TYPE is one word without a colon. DATA is one text: quote it.

Exit status: 0 when the daemon took the event, 1 when it could not be reached or refused it.
`,
      run: send,
    },
  ],
  ['check', CHECK],
  ['config', CONFIG],
  ['help', HELP],
]);

process.exitCode = await main(process.argv.slice(2), process.argv[1] ?? 'herald');

async function main(words: readonly string[], argv0: string): Promise<number> {
  if (words[0] === '--version') {
    process.stdout.write(`${HERALD_VERSION}\n`);
    return 0;
  }
  let called = argv0;
  try {
    const line = parseCtlCommandLine(words);
    if (line.kind === 'help') {
      process.stdout.write(usage());
      return 0;
    }
    const [name, ...rest] = line.words;
    const command = name === undefined ? undefined : COMMANDS.get(name);
    if (command === undefined) return refuseCommand(name);
    if (rest.length === 1 && (rest[0] === '-h' || rest[0] === '--help')) {
      process.stdout.write(renderCommandHelp(command));
      return 0;
    }
    called = `${argv0} ${name}`;
    const { overrides } = line;
    const connect = () => {
      const path = overrides.configuration ?? findConfigFile(files, argv0);
      const { serverurl, username, password } = loadCtlConfig({ files, world: nodeWorld(), path, overrides });
      return createClient({ url: serverurl, username, password });
    };
    return await command.run(rest, { argv0, configuration: overrides.configuration, connect });
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(renderConfigError(error, called));
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
async function send(words: readonly string[], { connect }: Setting): Promise<number> {
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

function refuseCommand(name: string | undefined): number {
  process.stderr.write(name === undefined ? usage() : `Error: herald has no command '${name}'\n${usage()}`);
  return EXIT_USAGE;
}

function usage(): string {
  const rows = [...COMMANDS.values()].map(({ words, help }) => `  ${words.padEnd(36)}${help}\n`);
  return `herald -- talk to a running heraldd (or supervisord), and look after its configuration

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
