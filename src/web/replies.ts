/** Replies with the headers that Supervisor's clients know. Source: Supervisor 4.2.5, observed. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';

/** Kept for compatibility: some clients tell Supervisor by it. */
export const SERVER_NAME = 'Medusa/1.12';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Name, value, name, value. */
  readonly headers?: readonly string[];
  /** Ends the connection, and says so. */
  readonly close?: true;
}

/** The body that goes with a status that is not 200. */
export function errorReply(status: number, more: Pick<Reply, 'headers' | 'close'> = {}): Reply {
  return { status, type: 'text/html', body: errorBody(status), ...more };
}

/** Sends a reply; does nothing when the client has gone. */
export function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(reply.body);
  const headers = commonHeaders();
  if (reply.headers !== undefined) headers.push(...reply.headers);
  headers.push('Content-Type', reply.type, 'Content-Length', String(body.length));
  // Node would add its own Date and Connection. Supervisor names the connection only in these two cases.
  response.sendDate = false;
  if (reply.close) headers.push('Connection', 'close');
  else if (request.httpVersion === '1.0' && response.shouldKeepAlive)
    headers.push('Connection', 'Keep-Alive');
  else response.removeHeader('Connection');
  response.writeHead(reply.status, headers);
  response.end(body);
}

/**
 * Begins a reply without a known length: in chunks for HTTP/1.1, up to the end of the connection for 1.0. `headers`
 * are name, value, name, value.
 */
export function beginReply(response: ServerResponse, headers: readonly string[]): void {
  response.sendDate = false;
  response.removeHeader('Connection');
  response.writeHead(200, [...commonHeaders(), ...headers]);
}

function commonHeaders(): string[] {
  return ['Server', SERVER_NAME, 'Date', httpDate()];
}

/** The whole text of a reply, for a connection that has brought no request. */
export function rawErrorReply(status: number): string {
  const body = errorBody(status);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Server: ${SERVER_NAME}`,
    `Date: ${httpDate()}`,
    'Content-Type: text/html',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function errorBody(status: number): string {
  return [
    '<head>',
    '<title>Error response</title>',
    '</head>',
    '<body>',
    '<h1>Error response</h1>',
    `<p>Error code ${status}.`,
    `<p>Message: ${STATUS_CODES[status]}.`,
    '</body>',
    '',
  ].join('\r\n');
}

let dateSecond = 0;
let dateText = '';

/** Formatted once per second of requests: it costs more than a short reply does. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}
