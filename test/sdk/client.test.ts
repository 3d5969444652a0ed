import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { METHODS } from '../../src/rpc/methods.ts';
import type { Client } from '../../src/sdk/client.ts';
import {
  ConnectionError,
  call,
  createClient,
  fromEnvironment,
  HttpStatusError,
  InvalidReplyError,
  RPC_METHOD_NAMES,
  RpcFaultError,
} from '../../src/sdk/client.ts';
import { always, faultStruct, faultXml, startRpcServer, valueXml } from './rpc-server.ts';

test('the client has exactly the methods that the daemon has in these namespaces', () => {
  const served: string[] = METHODS.map((row) => row.name).filter((name) =>
    /^(supervisor|system)\./.test(name),
  );
  assert.deepEqual([...RPC_METHOD_NAMES], served.sort());
  assert.equal(RPC_METHOD_NAMES.length, 41);
  const client = createClient({ url: 'http://127.0.0.1:1' });
  const offered = [
    ...Object.keys(client.supervisor).map((name) => `supervisor.${name}`),
    ...Object.keys(client.system).map((name) => `system.${name}`),
  ];
  assert.deepEqual(offered.sort(), [...RPC_METHOD_NAMES]);
});

test('a call is POSTed to /RPC2 with its parameters, and its value comes back', async () => {
  await using server = await startRpcServer(always(valueXml('<boolean>1</boolean>')));
  const client = createClient({ url: `${server.url}/ignored/path` });
  assert.equal(await client.supervisor.startProcess('g:é', false), true);
  const [request] = server.seen;
  assert.equal(`${request?.method} ${request?.path}`, 'POST /RPC2');
  assert.match(request?.body ?? '', /<methodName>supervisor.startProcess<\/methodName>.*g:é.*<boolean>0</s);
  assert.equal(request?.headers['content-length'], String(Buffer.byteLength(request?.body ?? '')));
  assert.equal(request?.headers.authorization, undefined);
});

test('unix sockets, and credentials that are not ASCII and hold colons', async () => {
  await withFolder(async (folder) => {
    await using server = await startRpcServer(always(valueXml('<int>42</int>')), folder);
    const client = createClient({ url: server.url, username: 'ü', password: 'p:w d' });
    assert.equal(await client.supervisor.getPID(), 42);
    const expected = `Basic ${Buffer.from('ü:p:w d').toString('base64')}`;
    assert.equal(server.seen[0]?.headers.authorization, expected);
    assert.equal(server.seen[0]?.headers.host, 'localhost');
  });
});

test('each call has a connection of its own, unless keepAlive is asked for', async () => {
  await using server = await startRpcServer(always(valueXml('<int>1</int>')));
  const plain = createClient({ url: server.url });
  await plain.supervisor.getPID();
  await plain.supervisor.getPID();
  assert.equal(server.connections(), 2);
  const keeping = createClient({ url: server.url, keepAlive: true });
  await keeping.supervisor.getPID();
  await keeping.supervisor.getPID();
  assert.equal(server.connections(), 3);
  keeping.close();
});

test('faults reject with their method', async () => {
  await using server = await startRpcServer(always(faultXml(10, 'BAD_NAME: x')));
  await assert.rejects(createClient({ url: server.url }).supervisor.stopProcess('x'), {
    kind: 'fault',
    code: 10,
    name: 'BAD_NAME',
    detail: 'x',
    method: 'supervisor.stopProcess',
  });
});

test('a status other than 200 is told as that, whatever the body is', async () => {
  await using server = await startRpcServer((_request, response) => response.writeHead(401).end('<html>'));
  await assert.rejects(createClient({ url: server.url }).supervisor.getPID(), (error) => {
    assert.ok(error instanceof HttpStatusError);
    assert.deepEqual([error.status, error.reason, error.kind], [401, 'Unauthorized', 'http-status']);
    return true;
  });
});

test('no server: the code of the system', async () => {
  // Nobody listens on the first port of all.
  for (const [url, code] of [
    ['http://127.0.0.1:1', 'ECONNREFUSED'],
    ['http://localhost:1', 'ECONNREFUSED'],
    ['unix:///no/such/file.sock', 'ENOENT'],
  ] as const) {
    await assert.rejects(createClient({ url }).supervisor.getPID(), (error) => {
      assert.ok(error instanceof ConnectionError);
      assert.equal(error.code, code);
      assert.ok(error.message.startsWith(`${url}: `), error.message);
      return true;
    });
  }
});

test('no error tells the password of a URL', async () => {
  const url = 'http://bob:p@ss:word@127.0.0.1:1';
  await assert.rejects(createClient({ url }).supervisor.getPID(), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.equal(error.url, 'http://127.0.0.1:1');
    assert.match(error.message, /^http:\/\/127\.0\.0\.1:1: /);
    return true;
  });
});

test('what is shown of a URL has no password, readable or not', () => {
  assert.equal(createClient({ url: 'http://bob:p@ss@h:1/a@b' }).url, 'http://h:1/a@b');
  assert.equal(createClient({ url: 'unix:///run/a@b.sock' }).url, 'unix:///run/a@b.sock');
  for (const [url, message] of [
    ['http://bob:p/a@ss@h:1', 'serverurl http://h:1 is not of the form http://host:port'],
    ['http:bob:pass@h:port', 'serverurl h:port is not of the form http://host:port'],
    ['ftp://bob:pass@h', 'Unknown protocol for serverurl ftp://h'],
    ['bob:pass@h', 'Unknown protocol for serverurl h'],
  ] as const) {
    assert.throws(() => createClient({ url }), { name: 'TypeError', message }, url);
  }
});

test('a server that goes away in the middle of its answer', async () => {
  await using server = await startRpcServer((_request, response) => {
    response.writeHead(200, { 'Content-Length': '500' });
    response.write('<?xml', () => response.destroy());
  });
  await assert.rejects(createClient({ url: server.url }).supervisor.getPID(), {
    kind: 'connection',
    code: 'ECONNRESET',
  });
});

test('a reply cut short by a wrong Content-Length, as supervisord 4.2.5 sends, is an invalid reply', async () => {
  const xml = valueXml('<array><data><value><string>dé</string></value></data></array>').trimEnd();
  await using server = await startRpcServer((_request, response) => {
    response.writeHead(200, { 'Content-Length': String([...xml].length) });
    response.socket?.write(`HTTP/1.1 200 OK\r\nContent-Length: ${[...xml].length}\r\n\r\n${xml}`);
  });
  await assert.rejects(createClient({ url: server.url }).supervisor.stopAllProcesses(), InvalidReplyError);
});

test('a reply that is too large is not read to its end', async () => {
  await using server = await startRpcServer(always(valueXml(`<string>${'x'.repeat(100_000)}</string>`)));
  const client = createClient({ url: server.url, maxReplyBytes: 50_000 });
  await assert.rejects(client.supervisor.readLog(0, 0), { kind: 'connection', code: 'EMSGSIZE' });
});

test('a call may be limited in time, and called off', async () => {
  await using server = await startRpcServer(() => undefined);
  const client = createClient({ url: server.url });
  await assert.rejects(client.with({ timeout: 20 }).supervisor.startProcess('x'), {
    kind: 'connection',
    code: 'ETIMEDOUT',
    message: /no answer within 20 ms/,
  });
  const stop = new AbortController();
  const pending = client.with({ signal: stop.signal }).supervisor.startProcess('x');
  stop.abort();
  await assert.rejects(pending, { kind: 'connection', code: 'ABORT_ERR' });
});

test('a multicall tells faults apart from values, in order', async () => {
  const values = `<value><int>7</int></value><value>${faultStruct(10, 'BAD_NAME: x')}</value>`;
  await using server = await startRpcServer(always(valueXml(`<array><data>${values}</data></array>`)));
  const [pid, started, missing] = await createClient({ url: server.url }).multicall([
    call('supervisor.getPID'),
    call('supervisor.startProcess', 'x', false),
    call('supervisor.getState'),
  ]);
  const number: number | undefined = pid.value;
  assert.equal(number, 7);
  assert.ok(started.fault instanceof RpcFaultError);
  assert.deepEqual([started.fault.name, started.fault.method], ['BAD_NAME', 'supervisor.startProcess']);
  assert.ok(missing.fault instanceof InvalidReplyError);
  assert.match(server.seen[0]?.body ?? '', /system\.multicall.*supervisor\.startProcess.*params/s);
});

test('methods of plugins are called by name', async () => {
  await using server = await startRpcServer(always(valueXml('<string>pong</string>')));
  assert.equal(await createClient({ url: server.url }).call('twiddler.ping', 1), 'pong');
});

test('a log is followed until its reader has enough, or its signal fires', async () => {
  await using server = await startRpcServer(
    (_request, response) => void response.writeHead(200).write('first\n'),
  );
  const client = createClient({ url: server.url });
  const seen: string[] = [];
  for await (const chunk of client.followProcessLog('g:a b', 'stderr')) {
    seen.push(Buffer.from(chunk).toString());
    break;
  }
  assert.deepEqual(seen, ['first\n']);
  assert.equal(server.seen[0]?.path, '/logtail/g%3Aa%20b/stderr');
  assert.equal(server.seen[0]?.headers.connection, 'keep-alive');
  const stop = new AbortController();
  for await (const _chunk of client.followMainLog(stop.signal)) stop.abort();
  assert.equal(server.seen[1]?.path, '/mainlogtail');
});

test('a log that is not there is told while it is read', async () => {
  await using server = await startRpcServer((_request, response) => response.writeHead(404).end());
  const stream = createClient({ url: server.url }).followProcessLog('x')[Symbol.asyncIterator]();
  await assert.rejects(stream.next(), { kind: 'http-status', status: 404 });
});

test('the environment of a child is enough', async () => {
  await using server = await startRpcServer(always(valueXml('<int>1</int>')));
  const environment = {
    SUPERVISOR_SERVER_URL: server.url,
    SUPERVISOR_USERNAME: 'u',
    SUPERVISOR_PASSWORD: 'p',
  };
  const client: Client = fromEnvironment(environment);
  assert.equal(await client.supervisor.getPID(), 1);
  assert.equal(server.seen[0]?.headers.authorization, `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.throws(() => fromEnvironment({}), { message: /SUPERVISOR_SERVER_URL is not set/ });
  assert.throws(() => fromEnvironment({ SUPERVISOR_SERVER_URL: 'ftp://x' }), {
    message: 'Unknown protocol for serverurl ftp://x',
  });
  for (const url of ['http://127.0.0.1:port', 'http://', 'https://a b', 'http://[::1']) {
    assert.throws(() => createClient({ url }), {
      name: 'TypeError',
      message: `serverurl ${url} is not of the form http://host:port`,
    });
  }
});

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'client-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
