import http from 'node:http';
import https from 'node:https';
import { ConnectionError, HttpStatusError } from './client-errors.ts';

/**
 * HTTP to a supervisor over TCP or a unix socket. Nothing is ever sent twice: a call whose connection breaks
 * may have been carried out, so whether to repeat it is the caller's decision.
 */

/** Where a server URL points. */
interface Address {
  readonly secure: boolean;
  readonly where: { readonly socketPath: string } | { readonly host: string; readonly port: number };
  /** For the Host header; a unix socket has no name, and Supervisor's own client says localhost. */
  readonly host: string;
}

export interface TransportOptions {
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Reuse one connection for many calls. */
  readonly keepAlive: boolean;
  readonly maxReplyBytes: number;
}

/** Limits of one exchange. A timeout of 0 sets none. Milliseconds. */
export interface Limits {
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

export interface Transport {
  /** The server's URL, to be shown: without a user name and a password. */
  readonly url: string;
  /** POSTs XML to /RPC2 and returns the body of a 200. Rejects with HttpStatusError or ConnectionError. */
  post(body: string, limits: Limits): Promise<Uint8Array>;
  /** GETs an endless text; ends when the server or the signal ends it. Throws as `post` rejects. */
  stream(path: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined>;
  /** Closes connections that are kept. */
  close(): void;
}

/** Throws TypeError for a URL that is neither unix://, http:// nor https://, or has no host and port to be read. */
export function createTransport(options: TransportOptions): Transport {
  const address = parseServerUrl(options.url);
  const url = withoutCredentials(options.url);
  const agents = { POST: agentFor(address, options.keepAlive), GET: agentFor(address, true) };
  const open = (
    method: 'POST' | 'GET',
    path: string,
    headers: http.OutgoingHttpHeaders,
    signal?: AbortSignal,
  ) =>
    (address.secure ? https : http).request({
      ...address.where,
      agent: agents[method],
      method,
      path,
      headers: { Host: address.host, ...authorization(options), ...headers },
      ...(signal && { signal }),
    });
  return {
    url,
    post: (body, limits) => post(open, { ...options, url }, body, limits),
    stream: (path, signal) => stream(open, url, path, signal),
    close: () => {
      agents.POST.destroy();
      agents.GET.destroy();
    },
  };
}

/** A log stream asks to be kept alive: with `Connection: close` supervisord 4.2.5 sends nothing of it, ever. */
function agentFor({ secure }: Address, keepAlive: boolean): http.Agent {
  return secure ? new https.Agent({ keepAlive }) : new http.Agent({ keepAlive });
}

type Open = (
  method: 'POST' | 'GET',
  path: string,
  headers: http.OutgoingHttpHeaders,
  signal?: AbortSignal,
) => http.ClientRequest;

async function post(
  open: Open,
  options: TransportOptions,
  body: string,
  limits: Limits,
): Promise<Uint8Array> {
  const { url, maxReplyBytes } = options;
  const deadline = new AbortController();
  const signal = limits.signal ? AbortSignal.any([limits.signal, deadline.signal]) : deadline.signal;
  const timer = limits.timeout > 0 ? setTimeout(() => deadline.abort(), limits.timeout) : undefined;
  try {
    const bytes = Buffer.from(body, 'utf8');
    const request = open(
      'POST',
      '/RPC2',
      { 'Content-Type': 'text/xml', Accept: 'text/xml', 'Content-Length': bytes.length },
      signal,
    );
    request.end(bytes);
    const response = await responseTo(request, url);
    return await readAll(response, url, maxReplyBytes);
  } catch (error) {
    if (deadline.signal.aborted)
      throw new ConnectionError(url, 'ETIMEDOUT', `no answer within ${limits.timeout} ms`, error);
    throw connectionError(url, error);
  } finally {
    clearTimeout(timer);
  }
}

async function* stream(
  open: Open,
  url: string,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    const request = open('GET', path, { Accept: '*/*' }, signal);
    request.end();
    const response = await responseTo(request, url + path);
    for await (const chunk of response) yield chunk;
  } catch (error) {
    if (!signal?.aborted) throw connectionError(url + path, error);
  }
}

/** The response, once its head is here and says 200. */
function responseTo(request: http.ClientRequest, url: string): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('response', (response) => {
      if (response.statusCode === 200) return resolve(response);
      // The body of a refusal is for browsers; the connection is not worth keeping.
      response.destroy();
      reject(new HttpStatusError(url, response.statusCode ?? 0, response.statusMessage ?? ''));
    });
  });
}

async function readAll(response: http.IncomingMessage, url: string, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > maxBytes)
      throw new ConnectionError(url, 'EMSGSIZE', `the reply is larger than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}

function connectionError(url: string, error: unknown): Error {
  if (error instanceof HttpStatusError || error instanceof ConnectionError) return error;
  // When several addresses of a host were tried, Node's error has a code but no text of its own.
  const { code = 'EUNKNOWN', message = '' } = error as { code?: string; message?: string };
  return new ConnectionError(url, code, message === '' ? code : message, error);
}

function parseServerUrl(url: string): Address {
  if (url.startsWith('unix://')) {
    return { secure: false, where: { socketPath: url.slice('unix://'.length) }, host: 'localhost' };
  }
  const shown = withoutCredentials(url);
  if (!/^https?:/i.test(url)) throw new TypeError(`Unknown protocol for serverurl ${shown}`);
  if (!URL.canParse(url)) throw new TypeError(`serverurl ${shown} is not of the form http://host:port`);
  const parsed = new URL(url);
  const secure = parsed.protocol === 'https:';
  const port = parsed.port === '' ? (secure ? 443 : 80) : Number(parsed.port);
  // The brackets of an IPv6 address belong to the URL.
  return { secure, where: { host: parsed.hostname.replace(/^\[|\]$/g, ''), port }, host: parsed.host };
}

/**
 * URLs are shown and logged. A password in one is not used, but it may be the right one. Where a URL cannot be read,
 * nobody knows which sign ends the password: then all before the last @ goes.
 */
function withoutCredentials(url: string): string {
  if (url.startsWith('unix://')) return url;
  const readable = /^https?:/i.test(url) && URL.canParse(url);
  return url.replace(readable ? /^(https?:\/*)[^/?#]*@/i : /^((?:\w+:\/\/)?).*@/s, '$1');
}

function authorization({ username, password }: TransportOptions): http.OutgoingHttpHeaders {
  if (username === undefined && password === undefined) return {};
  const pair = Buffer.from(`${username ?? ''}:${password ?? ''}`, 'utf8').toString('base64');
  return { Authorization: `Basic ${pair}` };
}
