/** Which request gets which reply. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MainLog } from '../supervisor/ports.ts';
import type { Authorize } from './authorization.ts';
import type { LogStreams } from './log-follow.ts';
import type { Page } from './page/page.ts';
import { refuseForeign } from './provenance.ts';
import { errorReply, type Reply, sendReply } from './replies.ts';
import { announcedLength, discardBody, readBody } from './request-body.ts';

/** What the server needs of rpc; 400 and 500 get the usual error body. */
export interface RpcEndpoint {
  handle(body: Uint8Array): RpcAnswer | Promise<RpcAnswer>;
}

export type RpcAnswer = { readonly status: 200; readonly xml: string } | { readonly status: 400 | 500 };

export interface RouterDeps {
  readonly log: MainLog;
  readonly rpc: RpcEndpoint;
  readonly page: Page;
  readonly authorize: Authorize;
  readonly logs: LogStreams;
}

type Route = (request: IncomingMessage, response: ServerResponse) => void;

export function createRouter(deps: RouterDeps): Route {
  return (request, response) => {
    try {
      if (admit(deps.authorize, request, response)) route(deps, request, response);
    } catch (error) {
      replyToDefect(deps.log, request, response, error);
    }
  };
}

function admit(authorize: Authorize, request: IncomingMessage, response: ServerResponse): boolean {
  const verdict = authorize(request.headers.authorization);
  if (verdict === 'allowed') return true;
  const reply = verdict === 'malformed' ? errorReply(400, { close: true }) : UNAUTHORIZED;
  discardBody(request, () => sendReply(request, response, reply));
  return false;
}

const UNAUTHORIZED = errorReply(401, {
  headers: ['WWW-Authenticate', 'Basic realm="default"'],
  close: true,
});

function route(deps: RouterDeps, request: IncomingMessage, response: ServerResponse): void {
  const path = readPath(request.url ?? '');
  if (path.startsWith('/RPC2')) {
    answerCall(deps, request, response);
    return;
  }
  if (deps.page.serves(path)) {
    const fail = (error: unknown) => replyToDefect(deps.log, request, response, error);
    deps.page.answer(path, request, response).catch(fail);
    return;
  }
  const method = request.method ?? '';
  if (deps.logs.serves(path)) {
    if (method === 'GET') discardBody(request, () => deps.logs.answer(path, request, response));
    else discardBody(request, () => sendReply(request, response, errorReply(400)));
    return;
  }
  const look = method === 'GET' || method === 'HEAD';
  const other = errorReply(look ? 404 : 400);
  const reply = path === '/ok.html' ? greet(request) : other;
  discardBody(request, () => sendReply(request, response, reply));
}

/** A form may be sent there, too, as long as it says how long it is. */
function greet(request: IncomingMessage): Reply {
  if (request.method === 'POST') return announcedLength(request) === 'missing' ? errorReply(411) : OK;
  return request.method === 'GET' || request.method === 'HEAD' ? OK : errorReply(400);
}

/** For those who only want to know whether somebody answers. */
const OK: Reply = { status: 200, type: 'text/plain', body: 'OK' };

function answerCall(deps: RouterDeps, request: IncomingMessage, response: ServerResponse): void {
  const length = announcedLength(request);
  if (request.method !== 'POST') {
    discardBody(request, () => sendReply(request, response, errorReply(400)));
  } else if (length === 'missing') {
    sendReply(request, response, errorReply(411));
  } else if (length === 'too-large') {
    sendReply(request, response, errorReply(413, { close: true }));
  } else if (refuseForeign(request.headers) !== undefined) {
    // A form of another site can be made to look like a call.
    discardBody(request, () => sendReply(request, response, errorReply(403)));
  } else {
    readBody(request, (body) => answerBody(deps, request, response, body));
  }
}

function answerBody(
  { rpc, log }: RouterDeps,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const send = (answer: RpcAnswer) => sendReply(request, response, toReply(answer));
  const fail = (error: unknown) => replyToDefect(log, request, response, error);
  try {
    const answer = rpc.handle(body);
    // The client may leave while the answer is pending: then there is nobody to send it to.
    if (answer instanceof Promise) answer.then(send).catch(fail);
    else send(answer);
  } catch (error) {
    fail(error);
  }
}

function toReply(answer: RpcAnswer): Reply {
  return answer.status === 200
    ? { status: 200, type: 'text/xml', body: answer.xml }
    : errorReply(answer.status);
}

/** The client learns that something is wrong, the main log learns what. */
function replyToDefect(
  log: MainLog,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): void {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  log.write(
    'critical',
    `HTTP request ${request.method} ${request.url} raised an unexpected exception: ${why}`,
  );
  sendReply(request, response, errorReply(500));
}

/** The path without its query. What is percent-encoded is decoded; what only looks like it stays as it is. */
function readPath(url: string): string {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
