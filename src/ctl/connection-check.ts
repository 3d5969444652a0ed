import { FAULTS } from '../rpc/faults.ts';
import type { Session } from './command.ts';
import { EXIT } from './exit-status.ts';
import { connectionCodeOf, faultCodeOf } from './remote.ts';

const API_VERSION = '3.0';

/**
 * Asks the server for its API version before anything else is asked of it, so that a server that is not there
 * is told in one plain line. False: that line is printed and the exit status set. Rejects with what is not
 * expected.
 */
export async function isReachable(session: Session): Promise<boolean> {
  try {
    const version = await session.server.supervisor.getVersion();
    if (version === API_VERSION) return true;
    session.print(mismatch(version));
    session.fail(EXIT.API_MISMATCH);
  } catch (error) {
    const known = describe(error, session.server.url);
    if (known === undefined) throw error;
    session.print(known.line);
    session.fail(known.status);
  }
  return false;
}

function describe(error: unknown, url: string): { line: string; status: number } | undefined {
  if (faultCodeOf(error) === FAULTS.UNKNOWN_METHOD) return { line: NO_NAMESPACE, status: EXIT.UNIMPLEMENTED };
  switch (connectionCodeOf(error)) {
    case 'ECONNREFUSED':
      return { line: `${url} refused connection`, status: EXIT.REFUSED };
    case 'ENOENT':
      return { line: `${url} no such file`, status: EXIT.NOT_RUNNING };
    default:
      return undefined;
  }
}

function mismatch(version: string): string {
  return (
    `Sorry, this version of supervisorctl expects to talk to a server with API version ${API_VERSION}, ` +
    `but the remote version is ${version}.`
  );
}

const NO_NAMESPACE =
  'Sorry, supervisord responded but did not recognize the supervisor namespace commands: the section ' +
  '[rpcinterface:supervisor] must be in the configuration file of the daemon.';
