import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { HttpCredentials, UnixHttpServerConfig } from '../../src/config/types.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createRpcDispatcher } from '../../src/rpc/dispatcher.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import { type HttpServerDeps, openHttpServer } from '../../src/web/http-server.ts';
import { HttpServerError } from '../../src/web/http-server-error.ts';
import { writeCall } from '../../src/wire/xmlrpc-writer.ts';
import { FakeFacade, FakeLog, FakeProcess, FakeReader, makeGroup } from '../rpc/fake-facade.ts';

const folder = mkdtempSync(join(tmpdir(), 'herald-web-'));
after(() => rmSync(folder, { recursive: true }));

let count = 0;
function unixConfig(more: Partial<UnixHttpServerConfig> = {}): UnixHttpServerConfig {
  count += 1;
  const file = join(folder, `${count}.sock`);
  return {
    kind: 'unix',
    section: 'unix_http_server',
    file,
    mode: 0o700,
    uid: -1,
    gid: -1,
    credentials: undefined,
    ...more,
  };
}

function makeDeps() {
  const process = new FakeProcess('x');
  const facade = new FakeFacade(makeGroup('x', [process]), makeGroup('a<b', [new FakeProcess('m', 'a<b')]));
  const log = new FakeLog();
  const reader = new FakeReader();
  const rpc = createRpcDispatcher(facade, {
    log,
    bulk: createBulkWork(systemClock),
    reader,
    version: '4.2.5',
    wall: Date.now,
  });
  const said: string[] = [];
  const logs = {
    processLog: () => undefined,
    mainLog: () => undefined,
    follower: { follow: () => undefined },
  };
  const deps: HttpServerDeps = { log, rpc, facade, logs, version: 'test', stderr: (text) => said.push(text) };
  return { process, facade, log, reader, rpc, said, deps };
}

async function serve(t: TestContext, credentials?: HttpCredentials) {
  const made = makeDeps();
  const config = unixConfig({ credentials });
  const server = await openHttpServer(config, made.deps);
  t.after(() => server.close());
  return { ...made, config, server, connect: () => connect(config.file) };
}

const INET = {
  kind: 'inet',
  section: 'inet_http_server',
  host: '127.0.0.1',
  credentials: undefined,
} as const;

const PID_BODY = writeCall('supervisor.getPID', []);
function post(body: string, extra = '', version = '1.1'): string {
  return `POST /RPC2 HTTP/${version}\r\n${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Everything that comes until the other side closes. */
async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  // A reset may follow a reply; what came before it counts.
  socket.on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

/** Sends a request and reads one reply with a Content-Length. */
async function ask(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  let text = '';
  for (;;) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    const length = Number(/^content-length: (\d+)$/im.exec(text)?.[1]);
    if (end >= 0 && text.length >= end + 4 + length) return Buffer.from(text, 'latin1').toString();
  }
}

async function askOnce(file: string, request: string): Promise<string> {
  const socket = connect(file);
  const reply = await ask(socket, request);
  socket.destroy();
  return reply;
}

const ERROR_400 =
  '<head>\r\n<title>Error response</title>\r\n</head>\r\n<body>\r\n<h1>Error response</h1>\r\n' +
  '<p>Error code 400.\r\n<p>Message: Bad Request.\r\n</body>\r\n';

describe('replies', () => {
  it('has the headers of Supervisor and keeps the connection', async (t) => {
    const { connect } = await serve(t);
    const socket = connect();
    for (let i = 0; i < 3; i += 1) {
      const reply = await ask(socket, post(PID_BODY));
      assert.match(
        reply,
        /^HTTP\/1\.1 200 OK\r\nServer: Medusa\/1\.12\r\nDate: [^\r]+ GMT\r\nContent-Type: text\/xml\r\nContent-Length: 124\r\n\r\n<\?xml version='1.0'\?>\n<methodResponse>/,
      );
    }
    socket.destroy();
  });

  it('ends the connection for HTTP/1.0 and on request', async (t) => {
    const { connect } = await serve(t);
    for (const request of [post(PID_BODY, '', '1.0'), post(PID_BODY, 'Connection: close\r\n')]) {
      const socket = connect();
      socket.write(request);
      const reply = await readAll(socket);
      assert.ok(reply.endsWith('</methodResponse>\n'));
      assert.doesNotMatch(reply, /^Connection:/im);
    }
    const socket = connect();
    assert.match(
      await ask(socket, post(PID_BODY, 'Connection: Keep-Alive\r\n', '1.0')),
      /\r\nConnection: Keep-Alive\r\n/,
    );
    assert.match(await ask(socket, post(PID_BODY, '', '1.0')), /<int>4242<\/int>/);
    socket.destroy();
  });

  it('counts bytes, not characters', async (t) => {
    const { process, reader, config } = await serve(t);
    process.stdoutLogfile = '/o';
    reader.put('/o', 'zażółć 🐍');
    const reply = await askOnce(config.file, post(writeCall('supervisor.readProcessLog', ['x', 0, 0])));
    assert.ok(reply.includes('<string>zażółć 🐍</string>'));
    assert.ok(reply.endsWith('</methodResponse>\n'));
  });

  it('answers pipelined requests, and those that come in pieces', async (t) => {
    const { connect } = await serve(t);
    const socket = connect();
    socket.write(post(PID_BODY) + post(PID_BODY, 'Connection: close\r\n'));
    assert.equal((await readAll(socket)).split('</methodResponse>').length, 3);
    const slow = connect();
    slow.setNoDelay(true);
    const request = post(PID_BODY);
    for (const byte of request.slice(0, -1)) await new Promise((resolve) => slow.write(byte, resolve));
    assert.match(await ask(slow, request.slice(-1)), /200 OK/);
    slow.destroy();
  });

  it('answers a client that has closed its sending side', async (t) => {
    const { connect } = await serve(t);
    const socket = connect();
    socket.end(post(PID_BODY));
    assert.ok((await readAll(socket)).endsWith('</methodResponse>\n'));
  });

  it('refuses with the status that says why', async (t) => {
    const { config } = await serve(t);
    const cases: [string, number][] = [
      ['GET /RPC2 HTTP/1.1\r\n\r\n', 400],
      ['GET /%52PC2xyz HTTP/1.1\r\n\r\n', 400],
      ['PUT / HTTP/1.1\r\nContent-Length: 1\r\n\r\nx', 400],
      ['POST /RPC2 HTTP/1.1\r\n\r\n', 411],
      ['POST /RPC2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 411],
      [post('abc'), 400],
      [post('<methodCall/>'), 400],
      [`POST /RPC2 HTTP/1.1\r\nContent-Length: ${2 ** 40}\r\n\r\n`, 413],
      ['GET /nope HTTP/1.1\r\n\r\n', 404],
      ['GET /%zz HTTP/1.1\r\n\r\n', 404],
      ['FOO\r\n\r\n', 400],
      [`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n\r\n`, 431],
    ];
    for (const [request, status] of cases) {
      assert.match(
        await askOnce(config.file, request),
        new RegExp(`^HTTP/1.1 ${status} `),
        request.slice(0, 60),
      );
    }
    assert.ok((await askOnce(config.file, 'GET /RPC2 HTTP/1.1\r\n\r\n')).endsWith(`\r\n\r\n${ERROR_400}`));
  });

  it('answers 400 to what is not written as HTTP is, where Supervisor guesses or is silent', async (t) => {
    const { config } = await serve(t);
    const cases = [
      'GET /ok.html HTTP/1.2\r\n\r\n',
      'GET /ok.html HTTP/1.1\nHost: x\n\n',
      'GET /ok.html HTTP/1.1\r\nX-A: a\r\n b\r\n\r\n',
      'GET /ok.html HTTP/1.1\r\nX-A : a\r\n\r\n',
      'GET /ok.html HTTP/1.1\r\nX-A\r\n\r\n',
      'POST /ok.html HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
      'POST /ok.html HTTP/1.1\r\nContent-Length: +1\r\n\r\nx',
    ];
    for (const request of cases)
      assert.match(await askOnce(config.file, request), /^HTTP\/1.1 400 /, request);
  });

  it('reads no fragment: a path ends at its query or with the line', async (t) => {
    const { config } = await serve(t);
    assert.match(await askOnce(config.file, 'GET /ok.html#x HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 404 /);
    assert.match(await askOnce(config.file, 'GET /ok.html?a#x HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 200 /);
  });

  it('takes a header that is full of the cookies of everything else on the host', async (t) => {
    const { config } = await serve(t);
    const cookies = Array.from({ length: 15 }, (_, n) => `cookie${n}=${'a'.repeat(4_000)}`).join('; ');
    assert.match(await askOnce(config.file, post(PID_BODY, `Cookie: ${cookies}\r\n`)), /^HTTP\/1.1 200 /);
  });

  it('serves ok.html and the page', async (t) => {
    const { config } = await serve(t);
    assert.match(
      await askOnce(config.file, 'GET /ok.html HTTP/1.1\r\n\r\n'),
      /text\/plain\r\n[\s\S]*\r\n\r\nOK$/,
    );
    for (const path of ['/', '/index.html?message=x']) {
      const page = await askOnce(config.file, `GET ${path} HTTP/1.1\r\n\r\n`);
      assert.match(page, /Content-Type: text\/html;charset=utf-8\r\n/);
      assert.ok(page.includes('stopped</span></td><td>Not started</td>'));
      assert.ok(page.includes('>a&lt;b:m</a>'));
    }
    const socket = connect(config.file);
    socket.write('HEAD /ok.html HTTP/1.1\r\nConnection: close\r\n\r\n');
    assert.match(await readAll(socket), /Content-Length: 2\r\n\r\n$/);
    const told = await askOnce(config.file, 'POST /ok.html HTTP/1.1\r\nContent-Length: 1\r\n\r\nx');
    assert.match(told, /^HTTP\/1.1 200 [\s\S]*\r\n\r\nOK$/);
    assert.match(await askOnce(config.file, 'POST /ok.html HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 411 /);
    assert.match(await askOnce(config.file, 'PUT /ok.html HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 400 /);
  });

  it('answers 500 to a defect without telling the client', async (t) => {
    const { rpc, deps, log } = await serve(t);
    const broken = { ...rpc, handle: () => Promise.reject(new TypeError('secret')) };
    const config = unixConfig();
    const server = await openHttpServer(config, { ...deps, rpc: broken });
    t.after(() => server.close());
    const reply = await askOnce(config.file, post(PID_BODY));
    assert.match(reply, /^HTTP\/1.1 500 /);
    assert.ok(!reply.includes('secret'));
    assert.match(log.lines.at(-1) ?? '', /^critical .*TypeError: secret$/);
  });

  it('logs each request at level trace', async (t) => {
    const { config, log } = await serve(t);
    log.tracing = true;
    const reply = await askOnce(config.file, 'GET /ok.html HTTP/1.1\r\n\r\n');
    const line = log.lines.find((entry) => entry.includes('GET')) ?? '';
    assert.match(
      line,
      /^trace localhost:0 - - \[\d\d\/\w{3}\/\d{4}(:\d\d){3} [+-]\d{4}\] "GET \/ok.html HTTP\/1.1" 200 \d+$/,
    );
    assert.ok(line.endsWith(` ${reply.length}`));
  });
});

describe('clients that leave', () => {
  it('survives one that leaves while its answer is pending', async (t) => {
    const { process, config } = await serve(t);
    const socket = connect(config.file);
    socket.write(post(writeCall('supervisor.startProcess', ['x'])));
    // The second connection is served after the first request has been read.
    while (process.seen.length === 0) await askOnce(config.file, post(PID_BODY));
    socket.destroy();
    await once(socket, 'close');
    await askOnce(config.file, post(PID_BODY));
    process.finishStart();
    assert.match(await askOnce(config.file, post(PID_BODY)), /200 OK/);
  });

  it('survives half requests and silence', async (t) => {
    const { config } = await serve(t);
    const sockets = Array.from({ length: 50 }, () => connect(config.file));
    for (const socket of sockets) socket.write('POST /RPC2 HT');
    assert.match(await askOnce(config.file, post(PID_BODY)), /200 OK/);
    for (const socket of sockets) socket.destroy();
    assert.match(await askOnce(config.file, post(PID_BODY)), /200 OK/);
  });
});

describe('authentication', () => {
  const basic = (text: string | Uint8Array) =>
    `Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;
  const sha = `{SHA}${createHash('sha1').update('p:w').digest('hex')}`;

  for (const password of ['p:w', sha]) {
    it(`takes the clear password, configured as ${password.slice(0, 5)}`, async (t) => {
      const { config } = await serve(t, { username: 'u', password });
      assert.match(await askOnce(config.file, post(PID_BODY, basic('u:p:w'))), /200 OK/);
      for (const wrong of ['', basic('u:p'), basic('v:p:w'), basic(`u:${sha}`), basic('u'), basic('u:')]) {
        for (const request of [post(PID_BODY, wrong), `GET / HTTP/1.1\r\n${wrong}\r\n`]) {
          const reply = await askOnce(config.file, request);
          assert.match(reply, /^HTTP\/1.1 401 [\s\S]*\r\nWWW-Authenticate: Basic realm="default"\r\n/);
          assert.match(reply, /\r\nConnection: close\r\n/);
        }
      }
    });
  }

  it('refuses headers that cannot be read', async (t) => {
    const { config } = await serve(t, { username: 'u', password: 'p' });
    for (const [header, status] of [
      ['Authorization: Basic !!!\r\n', 400],
      [basic(new Uint8Array([255, 254])), 400],
      ['Authorization: Basic\r\n', 401],
      ['Authorization: Bearer abc\r\n', 401],
    ] as const) {
      assert.match(
        await askOnce(config.file, post(PID_BODY, header)),
        new RegExp(`^HTTP/1.1 ${status} `),
        header,
      );
    }
  });

  it('says so when there is none', async (t) => {
    const { log } = await serve(t);
    assert.deepEqual(log.lines, [
      "critical Server 'unix_http_server' running without any HTTP authentication checking",
    ]);
  });
});

describe('sockets', () => {
  it('makes the unix socket with its mode and removes it', async (t) => {
    const { deps } = await serve(t);
    const config = unixConfig({ mode: 0o640 });
    const server = await openHttpServer(config, deps);
    assert.equal(statSync(config.file).mode & 0o777, 0o640);
    await server.close();
    await server.close();
    assert.equal(statSync(config.file, { throwIfNoEntry: false }), undefined);
  });

  it('takes over a stale socket, and refuses one that is answered', async (t) => {
    const { config, deps, said } = await serve(t);
    await assert.rejects(openHttpServer(config, deps), { code: 'EADDRINUSE', message: /already listening/ });
    assert.match(await askOnce(config.file, post(PID_BODY)), /200 OK/);
    const stale = unixConfig();
    const script = `import socket; s = socket.socket(socket.AF_UNIX); s.bind(${JSON.stringify(stale.file)})`;
    await promisify(execFile)('python3', ['-c', script]);
    const server = await openHttpServer(stale, deps);
    t.after(() => server.close());
    assert.deepEqual(said, [`Unlinking stale socket ${stale.file}\n`]);
    assert.match(await askOnce(stale.file, post(PID_BODY)), /200 OK/);
  });

  it('leaves a file alone that is no socket', async (t) => {
    const { deps } = await serve(t);
    const config = unixConfig();
    writeFileSync(config.file, 'precious');
    chmodSync(config.file, 0o600);
    await assert.rejects(openHttpServer(config, deps), HttpServerError);
    assert.equal(statSync(config.file).size, 8);
  });

  it('names what the operating system says', async (t) => {
    const { deps } = await serve(t);
    const config = unixConfig({ file: join(folder, 'missing', 's.sock') });
    await assert.rejects(openHttpServer(config, deps), (error) => {
      assert.ok(error instanceof HttpServerError);
      assert.equal(error.message, 'Cannot open an HTTP server: socket.error reported errno.ENOENT (2)');
      return true;
    });
  });

  it('refuses a path that is too long for a socket, and makes none of a part of it', async (t) => {
    const { deps } = await serve(t);
    const config = unixConfig({ file: join(folder, 'l'.repeat(108)) });
    await assert.rejects(openHttpServer(config, deps), (error) => {
      assert.ok(error instanceof HttpServerError);
      assert.ok(error.message.includes(`AF_UNIX path too long: ${config.file}`));
      return true;
    });
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('lll')),
      [],
    );
  });

  it('serves TCP, and refuses a port that is taken', async (t) => {
    const { deps } = await serve(t);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const config = { ...INET, port };
    await assert.rejects(openHttpServer(config, deps), { code: 'EADDRINUSE', message: /already listening/ });
    taken.close();
    await once(taken, 'close');
    const server = await openHttpServer({ ...config, port: 0 }, deps);
    t.after(() => server.close());
    const socket = connect(server.port ?? 0, '127.0.0.1');
    assert.match(await ask(socket, post(PID_BODY)), /200 OK/);
    socket.destroy();
  });

  it('listens on an address of IPv6 in brackets, where the machine has it', async (t) => {
    const { deps } = await serve(t);
    const host = '[::1]';
    const opened = openHttpServer({ ...INET, host, port: 0 }, deps);
    const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    if (!addresses.some(({ address }) => address === '::1')) {
      await assert.rejects(opened, { code: /^(EADDRNOTAVAIL|EAFNOSUPPORT)$/ });
      return;
    }
    const server = await opened;
    t.after(() => server.close());
    const socket = connect(server.port ?? 0, '::1');
    assert.match(await ask(socket, post(PID_BODY)), /200 OK/);
    socket.destroy();
  });

  it('names a host that is not known', async (t) => {
    const { deps } = await serve(t);
    // No name has an empty part, so nobody needs to be asked.
    await assert.rejects(openHttpServer({ ...INET, host: 'a..b', port: 0 }, deps), {
      code: 'ENOTFOUND',
      message: "Cannot open an HTTP server: socket.error reported -2: no IPv4 address is known for 'a..b'",
    });
  });

  it('closes idle connections and lets a pending reply finish', async (t) => {
    const { process, config, server } = await serve(t);
    const idle = connect(config.file);
    await ask(idle, post(PID_BODY));
    const waiting = connect(config.file);
    const reply = ask(waiting, post(writeCall('supervisor.startProcess', ['x'])));
    while (process.seen.length === 0) await ask(idle, post(PID_BODY));
    const closed = server.close();
    process.finishStart();
    assert.match(await reply, /<boolean>1<\/boolean>/);
    idle.resume();
    waiting.resume();
    await closed;
  });
});

describe("Python's client", () => {
  it('makes calls and reads results and faults', async (t) => {
    const { facade, deps } = await serve(t);
    facade.identifier = 'zażółć <&>';
    const config = { kind: 'inet', section: 'inet_http_server', host: '127.0.0.1', port: 0 } as const;
    const server = await openHttpServer({ ...config, credentials: { username: 'u', password: 'p' } }, deps);
    t.after(() => server.close());
    const script = `
import json, sys, xmlrpc.client
s = xmlrpc.client.ServerProxy('http://u:p@127.0.0.1:%s/RPC2' % sys.argv[1])
out = [s.supervisor.getIdentification(), s.supervisor.getState(), len(s.system.listMethods())]
out.append([i['name'] for i in s.supervisor.getAllProcessInfo()])
try:
    s.supervisor.getProcessInfo('nope')
except xmlrpc.client.Fault as e:
    out.append([e.faultCode, e.faultString])
out.append(s.system.multicall([{'methodName': 'supervisor.getPID', 'params': []}]))
print(json.dumps(out))
`;
    const { stdout } = await promisify(execFile)('python3', ['-c', script, String(server.port)]);
    assert.deepEqual(JSON.parse(stdout), [
      'zażółć <&>',
      { statecode: 1, statename: 'RUNNING' },
      41,
      ['m', 'x'],
      [10, 'BAD_NAME: nope'],
      [4242],
    ]);
  });
});
