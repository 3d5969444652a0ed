/** A server over a supervisor of plain values, and a client that says what a test wants it to say. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { HttpCredentials } from '../../../src/config/types.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createRpcDispatcher } from '../../../src/rpc/dispatcher.ts';
import { createBulkWork } from '../../../src/supervisor/bulk-work.ts';
import type { GroupView } from '../../../src/supervisor/facade.ts';
import { openHttpServer } from '../../../src/web/http-server.ts';
import { FakeFacade, FakeLog, FakeReader } from '../../rpc/fake-facade.ts';

export type Headers = Readonly<Record<string, string>>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export async function servePage(t: TestContext, groups: readonly GroupView[], credentials?: HttpCredentials) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-page-'));
  const socketPath = join(folder, 'sock');
  const facade = new FakeFacade(...groups);
  const log = new FakeLog();
  const reader = new FakeReader();
  const bulk = createBulkWork({ monotonic: () => 0, after: systemClock.after });
  const rpc = createRpcDispatcher(facade, { log, bulk, reader, version: '1', wall: Date.now });
  const logs = {
    processLog: () => undefined,
    mainLog: () => undefined,
    follower: { follow: () => undefined },
  };
  const server = await openHttpServer(
    {
      kind: 'unix',
      section: 'unix_http_server',
      file: socketPath,
      mode: 0o700,
      uid: -1,
      gid: -1,
      credentials,
    },
    { log, rpc, facade, logs, version: '1.2.3', stderr: () => {} },
  );
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  /** Settles with the head; the body is still to come. */
  function open(method: string, path: string, headers: Headers = {}, body = ''): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const announced = method === 'POST' && headers['Transfer-Encoding'] === undefined;
      const length = announced ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
      const all = { Host: 'ops.example:9001', ...length, ...headers };
      const asked = request({ socketPath, method, path, headers: all, agent: false }, resolve);
      asked.on('error', reject);
      asked.end(body);
    });
  }
  async function send(method: string, path: string, headers?: Headers, body?: string): Promise<Answer> {
    const answer = await open(method, path, headers, body);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
  }
  return {
    facade,
    log,
    reader,
    server,
    socketPath,
    open,
    send,
    get: (path: string, headers?: Headers) => send('GET', path, headers),
    post: (path: string, body: string, headers?: Headers) => send('POST', path, headers, body),
    /** What is said after an action. */
    async act(query: string): Promise<string> {
      return messageOf(await send('GET', `/index.html?${query}`));
    },
  };
}

/** The message that an answer leads to. */
export function messageOf(answer: Answer): string {
  if (answer.status !== 301) throw new Error(`${answer.status}: ${answer.body}`);
  const location = new URL(answer.headers.location ?? '', 'http://ops.example/index.html');
  return location.searchParams.get('message') ?? '';
}
