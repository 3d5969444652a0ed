/** `[inet_http_server*]` and `[unix_http_server*]`: every section whose name starts so is a server. */
import { parseOwner } from './accounts.ts';
import { ValueError } from './config-error.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { normalizePath } from './paths.ts';
import { strip } from './python-text.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import type {
  HttpCredentials,
  HttpServerConfig,
  InetHttpServerConfig,
  UnixHttpServerConfig,
} from './types.ts';
import { parseInetAddress, parseOctal } from './values.ts';

/** inet servers first. Throws ConfigError. */
export function readHttpServers(context: ReadContext): HttpServerConfig[] {
  const named = (prefix: string) =>
    context.raw.sections
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name }) => readerOf(context, name));
  return [
    ...named('inet_http_server').map((reader) =>
      reader.readOr(undefined, () => readInetServer(reader, context)),
    ),
    ...named('unix_http_server').map((reader) =>
      reader.readOr(undefined, () => readUnixServer(reader, context)),
    ),
  ].filter((server) => server !== undefined);
}

function readInetServer(reader: OptionReader, { environment }: ReadContext): InetHttpServerConfig {
  const names = environment.names;
  const credentials = readCredentials(reader, names);
  const address = reader.value('port', undefined, names, parseInetAddress);
  if (address === undefined) throw reader.error(`section [${reader.section}] has no port value`, 'port');
  return { kind: 'inet', section: reader.section, ...address, credentials };
}

function readUnixServer(
  reader: OptionReader,
  { environment, here, world }: ReadContext,
): UnixHttpServerConfig {
  const names = environment.names;
  const file = reader.text('file', environment.with({ here }));
  if (file === undefined) throw reader.error(`section [${reader.section}] has no file value`, 'file');
  const credentials = readCredentials(reader, names);
  const owner = reader.value('chown', { uid: -1, gid: -1 }, names, (text) =>
    renamed(`Invalid sockchown value ${text}`, () => parseOwner(text, world)),
  );
  const mode = reader.value('chmod', 0o700, names, (text) =>
    renamed(`Invalid chmod value ${text}`, () => parseOctal(text)),
  );
  return {
    kind: 'unix',
    section: reader.section,
    file: normalizePath(strip(file), world),
    mode,
    ...owner,
    credentials,
  };
}

function readCredentials(reader: OptionReader, names: Names): HttpCredentials | undefined {
  const username = reader.text('username', names);
  const password = reader.text('password', names);
  if (username === undefined && password === undefined) return undefined;
  if (username !== undefined && password !== undefined) return { username, password };
  reader.refuse(
    `Section [${reader.section}] contains incomplete authentication: If a username or a password is specified, ` +
      'both the username and password must be specified',
    username === undefined ? 'password' : 'username',
  );
  return undefined;
}

/** Runs `convert`; what it objects to is told in Supervisor's words for this option. */
export function renamed<T>(text: string, convert: () => T): T {
  try {
    return convert();
  } catch (cause) {
    throw cause instanceof ValueError ? new ValueError(text, { cause }) : cause;
  }
}
