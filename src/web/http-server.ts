/**
 * One HTTP server on one address. It makes no timer of its own that ticks: Node's check of connections is put
 * off for good, and what it is for (clients that never finish a header) is done by one timer per new connection.
 */
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpServerConfig } from '../config/types.ts';
import type { Facade } from '../supervisor/facade.ts';
import type { MainLog } from '../supervisor/ports.ts';
import { logAccess } from './access-log.ts';
import { createAuthorization } from './authorization.ts';
import { listenInet, listenUnix, type Release } from './listen.ts';
import { createLogStreams, type LogSource, type LogStreams } from './log-follow.ts';
import type { Call } from './page/actions.ts';
import { createPage, type Page } from './page/page.ts';
import { rawErrorReply } from './replies.ts';
import { encodeFirstLines, type SilentConnections } from './request-line.ts';
import { createRouter, type RpcEndpoint } from './router.ts';

export interface HttpServerDeps {
  readonly log: MainLog;
  readonly rpc: RpcEndpoint & { readonly call: Call };
  /** What the page shows. */
  readonly facade: Facade;
  readonly logs: LogSource;
  /** Shown on the page. */
  readonly version: string;
  /** For what is said before there is a log; ends with a newline. */
  readonly stderr: (text: string) => void;
  /** Names of the RPC interfaces, for the log. */
  readonly rpcInterfaces?: readonly string[];
}

export interface RunningServer {
  /** The port, for TCP. */
  readonly port: number | undefined;
  /**
   * Takes no more connections, ends idle ones and log streams, lets replies that are under way finish for a
   * moment, and removes the unix socket. Can be called more than once.
   */
  close(): Promise<void>;
}

/** Milliseconds for the first header of a connection. */
const HEADER_DEADLINE = 60_000;
/** Bytes. Browsers send the cookies of everything else on the host along, and Node's own limit is soon full of them. */
const MAX_HEADER = 64 * 1024;
/** Milliseconds between requests: clients of Supervisor keep a connection for as long as their user thinks. */
const IDLE_LIMIT = 30 * 60_000;
/** Milliseconds that pending replies have when the server closes. */
const CLOSE_GRACE = 1_000;
/** The longest interval there is, nearly 25 days. */
const NEVER = 2 ** 31 - 1;

/** Throws {@link HttpServerError}; then nothing is left open. */
export async function openHttpServer(config: HttpServerConfig, deps: HttpServerDeps): Promise<RunningServer> {
  const logs = createLogStreams(deps.logs, deps.log);
  const page = createPage({ facade: deps.facade, call: deps.rpc.call, version: deps.version });
  const { server, silent } = createHttpServer(config, deps, logs, page);
  let release: Release;
  try {
    release =
      config.kind === 'unix'
        ? await listenUnix(server, config, deps.stderr)
        : await listenInet(server, config);
  } catch (error) {
    server.close();
    throw error;
  }
  for (const name of deps.rpcInterfaces ?? []) deps.log.write('info', `RPC interface '${name}' initialized`);
  if (config.credentials === undefined || config.credentials.username === '') {
    const { section } = config;
    deps.log.write('critical', `Server '${section}' running without any HTTP authentication checking`);
  }
  const address = server.address();
  let closing: Promise<void> | undefined;
  return {
    port: typeof address === 'object' ? address?.port : undefined,
    close() {
      closing ??= closeServer(server, [logs, page, silent], release);
      return closing;
    },
  };
}

function createHttpServer(
  config: HttpServerConfig,
  deps: HttpServerDeps,
  logs: LogStreams,
  page: Page,
): { readonly server: Server; readonly silent: SilentConnections } {
  const { log, rpc } = deps;
  const route = createRouter({ log, rpc, page, logs, authorize: createAuthorization(config.credentials) });
  const server = createServer({
    connectionsCheckingInterval: NEVER,
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: IDLE_LIMIT,
    maxHeaderSize: MAX_HEADER,
    // Supervisor serves clients that leave the Host header out.
    requireHostHeader: false,
    noDelay: true,
  });
  const silent = encodeFirstLines(server);
  const settle = watchFirstHeader(server);
  server.on('request', (request, response) => {
    settle(request.socket);
    // A connection that breaks while a reply is written ends that reply, and nothing else.
    response.on('error', () => {});
    logAccess(log, request, response);
    route(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    log.write('trace', `Bad HTTP request: ${error.message}`);
    socket.write(rawErrorReply(error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400));
    socket.destroySoon();
  });
  return { server, silent };
}

/** Ends connections that bring no header in time. The result calls that off. */
function watchFirstHeader(server: Server): (socket: Socket) => void {
  const deadlines = new WeakMap<Socket, NodeJS.Timeout>();
  const settle = (socket: Socket) => {
    clearTimeout(deadlines.get(socket));
    deadlines.delete(socket);
  };
  server.on('connection', (socket: Socket) => {
    const deadline = setTimeout(() => socket.destroy(), HEADER_DEADLINE);
    deadline.unref();
    deadlines.set(socket, deadline);
    socket.once('close', () => settle(socket));
  });
  return settle;
}

function closeServer(server: Server, streams: readonly { close(): void }[], release: Release): Promise<void> {
  return new Promise((resolve) => {
    const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE);
    server.close(() => {
      clearTimeout(grace);
      resolve();
    });
    release();
    for (const each of streams) each.close();
    server.closeIdleConnections();
  });
}
