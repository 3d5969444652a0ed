/**
 * `[fcgi-program:x]`: read and checked as Supervisor does, then refused. Herald does not hand a socket to its
 * children yet, and running them without one would look like success.
 */
import { parseOwner, parseUser } from './accounts.ts';
import { ValueError } from './config-error.ts';
import { renamed } from './http-servers.ts';
import type { NameSource, OptionReader } from './option-reader.ts';
import { repr } from './python-text.ts';
import type { ReadContext } from './read-context.ts';
import { parseInteger, parseOctal, parsePort } from './values.ts';

/** Throws ConfigError for the options that only these sections have. */
export function checkFcgiOptions(reader: OptionReader, program: string, context: ReadContext): void {
  const { here, environment, world } = context;
  const names = environment.with({ here });
  reader.value('user', undefined, names, (text) => parseUser(text, world));
  checkBacklog(reader, names);
  const owner = reader.value('socket_owner', undefined, names, (text) =>
    renamed(`Invalid socket_owner value ${text}`, () => parseOwner(text, world)),
  );
  const mode = reader.value('socket_mode', undefined, names, (text) =>
    renamed(`Invalid socket_mode value ${text}`, () => parseOctal(text)),
  );
  const socket = reader.text('socket', environment.with({ here, program_name: program }));
  if (socket === undefined || socket === '')
    throw reader.error(`[${reader.section}] section requires a "socket" line`, 'socket');
  try {
    checkSocket(socket, owner !== undefined || mode !== undefined);
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw reader.error(`${cause.message} in [${reader.section}] socket`, 'socket', cause);
  }
}

/** Throws ConfigError, always. */
export function refuseFcgi(reader: OptionReader): never {
  throw reader.error(`[${reader.section}] fcgi-program sections are not supported by this version of Herald`);
}

function checkBacklog(reader: OptionReader, names: NameSource): void {
  const backlog = reader.value('socket_backlog', undefined, names, parseInteger);
  if (backlog !== undefined && (backlog < 1 || backlog > 65535))
    throw reader.error(`Invalid socket_backlog value ${backlog}`, 'socket_backlog');
}

/** Two of the texts are the tuples that Supervisor prints by accident. */
function checkSocket(socket: string, unixOnly: boolean): void {
  if (socket.startsWith('unix://')) {
    const path = socket.slice('unix://'.length);
    if (!path.startsWith('/'))
      throw new ValueError(`('Unix socket path %s is not an absolute path', ${repr(path)})`);
    return;
  }
  if (unixOnly)
    throw new ValueError('socket_owner and socket_mode params should only be used with a Unix domain socket');
  const port = /^tcp:\/\/[^\s:]+:(\d+)\n?$/.exec(socket)?.[1];
  if (port === undefined) throw new ValueError(`('Bad socket format %s', ${repr(socket)})`);
  parsePort(port);
}
