/** The listening socket of an `[fcgi-program:x]`. */
import { parseOwner, parseUser } from './accounts.ts';
import { ValueError } from './config-error.ts';
import { renamed } from './http-servers.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { normalizePath } from './paths.ts';
import type { World } from './ports.ts';
import { repr } from './python-text.ts';
import type { ReadContext } from './read-context.ts';
import type { SocketConfig, UnixAddress } from './types.ts';
import { parseInteger, parseOctal, parsePort } from './values.ts';

/** What may be said about a unix socket besides its path. */
interface UnixOptions {
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly mode: number | undefined;
  /** The user that the processes run as, when it is not the daemon's own. */
  readonly other: { readonly uid: number; readonly gid: number } | undefined;
}

const PRIVATE = 0o700;
const UNCHANGED = { uid: -1, gid: -1 };

/** Reads in Supervisor's order. Throws ConfigError. */
export function readSocket(reader: OptionReader, program: string, context: ReadContext): SocketConfig {
  const { here, environment, world } = context;
  const names = environment.with({ here });
  const user = reader.value('user', undefined, names, (text) => parseUser(text, world));
  const backlog = readBacklog(reader, names);
  const owner = reader.value('socket_owner', undefined, names, (text) =>
    renamed(`Invalid socket_owner value ${text}`, () => parseOwner(text, world)),
  );
  const mode = reader.value('socket_mode', undefined, names, (text) =>
    renamed(`Invalid socket_mode value ${text}`, () => parseOctal(text)),
  );
  const text = reader.text('socket', environment.with({ here, program_name: program }));
  if (text === undefined || text === '')
    throw reader.error(`[${reader.section}] section requires a "socket" line`, 'socket');
  try {
    const other = user?.uid === world.uid ? undefined : user;
    return { ...parseSocket(text, { owner, mode, other }, world), backlog };
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw reader.error(`${cause.message} in [${reader.section}] socket`, 'socket', cause);
  }
}

function readBacklog(reader: OptionReader, names: Names): number | undefined {
  const backlog = reader.value('socket_backlog', undefined, names, parseInteger);
  if (backlog !== undefined && (backlog < 1 || backlog > 65535))
    throw reader.error(`Invalid socket_backlog value ${backlog}`, 'socket_backlog');
  return backlog;
}

/** Two of the texts are the tuples that Supervisor prints by accident. */
function parseSocket(text: string, options: UnixOptions, world: World): Omit<SocketConfig, 'backlog'> {
  if (text.startsWith('unix://')) return parseUnix(text.slice('unix://'.length), options, world);
  if (options.owner !== undefined || options.mode !== undefined)
    throw new ValueError('socket_owner and socket_mode params should only be used with a Unix domain socket');
  const [, host, digits] = /^tcp:\/\/([^\s:]+):(\d+)\n?$/.exec(text) ?? [];
  if (host === undefined || digits === undefined)
    throw new ValueError(`('Bad socket format %s', ${repr(text)})`, {
      reason: `neither tcp://host:port nor unix:///path: ${repr(text)}`,
    });
  const address = { kind: 'inet', host: host.toLowerCase(), port: parsePort(digits) } as const;
  return { url: `tcp://${address.host}:${address.port}`, address };
}

function parseUnix(
  text: string,
  { owner, mode, other }: UnixOptions,
  world: World,
): Omit<SocketConfig, 'backlog'> {
  if (!text.startsWith('/'))
    throw new ValueError(`('Unix socket path %s is not an absolute path', ${repr(text)})`, {
      reason: `the path of a unix socket begins with a slash, as in unix:///run/app.sock, not ${repr(text)}`,
    });
  const path = normalizePath(text, world);
  const { uid, gid } = owner ?? other ?? UNCHANGED;
  const address: UnixAddress = { kind: 'unix', path, mode: mode ?? PRIVATE, uid, gid };
  return { url: `unix://${path}`, address };
}
