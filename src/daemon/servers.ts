/** The HTTP servers of one life, and what they serve. */
import type { DaemonConfig, HttpServerConfig } from '../config/types.ts';
import { tellStandardError } from '../host/standard-error.ts';
import { createRpcDispatcher } from '../rpc/dispatcher.ts';
import { findLogPath } from '../rpc/log-paths.ts';
import type { Channel } from '../supervisor/ports.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { openHttpServer, type RunningServer } from '../web/http-server.ts';
import { StartError } from './start-error.ts';
import type { Belongings, Surroundings } from './surroundings.ts';

/** What they have opened is theirs to give back, also when this throws {@link StartError}. */
export async function openServers(
  config: DaemonConfig,
  { log, host, version, world, follower }: Surroundings,
  supervisor: Supervisor,
  belongings: Belongings,
): Promise<void> {
  const rpc = createRpcDispatcher(supervisor, {
    log,
    reader: host.files,
    version,
    wall: () => host.clock.wall(),
    bulk: host.bulk,
    resolveUid: (user) => world.lookupUser(user)?.uid,
  });
  const logs = {
    processLog: (namespec: string, channel: Channel) => findLogPath(supervisor, namespec, channel),
    mainLog: () => supervisor.mainLogfile,
    follower,
  };
  const rpcInterfaces = config.rpcInterfaces.map(({ name }) => name);
  const servers: RunningServer[] = [];
  // Side by side: each may have replies to finish.
  belongings.push(async () => void (await Promise.all(servers.map((server) => server.close()))));
  for (const server of config.servers) {
    try {
      servers.push(
        await openHttpServer(server, {
          log,
          rpc,
          facade: supervisor,
          logs,
          version,
          stderr: tellStandardError,
          rpcInterfaces,
        }),
      );
    } catch (error) {
      throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }
}

/** SUPERVISOR_SERVER_URL: the first unix socket, else the first TCP port. */
export function serverUrl(servers: readonly HttpServerConfig[]): string | undefined {
  for (const server of servers) if (server.kind === 'unix') return `unix://${server.file}`;
  for (const server of servers) {
    if (server.kind === 'inet')
      return `http://${server.host === '' ? 'localhost' : server.host}:${server.port}`;
  }
  return undefined;
}
