/** What heraldctl reads: `[supervisorctl]` of the main file alone, and its command line. */
import type { CtlOverrides } from './command-line.ts';
import { ConfigError } from './config-error.ts';
import { pluginNotices } from './ctl-plugins.ts';
import type { Surroundings } from './existing-paths.ts';
import { Environment } from './expansion-names.ts';
import { OptionReader } from './option-reader.ts';
import { absolutePath, directoryName, normalizePath } from './paths.ts';
import type { ConfigFiles, World } from './ports.ts';
import { readMainFile } from './read-files.ts';
import type { ConfigNotice } from './types.ts';

export interface CtlConfig {
  /** `http://host:port` or `unix:///absolute/path`. From the file it is not checked. */
  readonly serverurl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly prompt: string;
  /** Absolute, when it is from the file. */
  readonly historyFile: string | undefined;
  readonly interactive: boolean;
  readonly notices: readonly ConfigNotice[];
}

export interface CtlConfigInput {
  readonly files: ConfigFiles;
  readonly world: World;
  /** undefined: no file was found, which is no error here. */
  readonly path: string | undefined;
  readonly overrides: CtlOverrides;
}

const DEFAULTS: CtlConfig = {
  serverurl: 'http://localhost:9001',
  username: undefined,
  password: undefined,
  prompt: 'supervisor',
  historyFile: undefined,
  interactive: false,
  notices: [],
};

/** Like supervisorctl it does not look at the server sections. Throws {@link ConfigError}. */
export function loadCtlConfig({ path, overrides, ...surroundings }: CtlConfigInput): CtlConfig {
  const fromFile = path === undefined ? DEFAULTS : readSection(path, surroundings);
  const { configuration: _, ...given } = overrides;
  return { ...fromFile, ...given };
}

function readSection(path: string, surroundings: Surroundings): CtlConfig {
  const { world } = surroundings;
  const raw = readMainFile(path, surroundings);
  if (raw.section('supervisorctl') === undefined)
    throw new ConfigError('.ini file does not include supervisorctl section', { file: path, line: 1 });
  const reader = new OptionReader(raw, 'supervisorctl', path);
  const environment = new Environment(world);
  const plain = environment.names;
  const withHere = environment.with({ here: directoryName(absolutePath(path, world)) });
  const serverurl = reader.text('serverurl', withHere) ?? DEFAULTS.serverurl;
  const prompt = reader.text('prompt', plain) ?? DEFAULTS.prompt;
  const username = reader.text('username', plain);
  const password = reader.text('password', plain);
  const history = reader.text('history_file', withHere) ?? '';
  return {
    ...DEFAULTS,
    ...{ prompt, username, password, notices: pluginNotices(raw) },
    serverurl: serverurl.startsWith('unix://')
      ? `unix://${normalizePath(serverurl.slice('unix://'.length), world)}`
      : serverurl,
    historyFile: history === '' ? undefined : normalizePath(history, world),
  };
}
