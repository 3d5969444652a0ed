import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { createLogFollower } from '../../src/host/log-follower.ts';
import { createRpcDispatcher } from '../../src/rpc/dispatcher.ts';
import { findLogPath } from '../../src/rpc/log-paths.ts';
import { createBulkWork } from '../../src/supervisor/bulk-work.ts';
import type { LogFollower } from '../../src/supervisor/ports.ts';
import { openHttpServer } from '../../src/web/http-server.ts';
import { FakeFacade, FakeLog, FakeProcess, FakeReader, makeGroup } from '../rpc/fake-facade.ts';

/** A client that reads a stream as it comes. */
class Stream {
  readonly socket: Socket;
  raw = '';
  /** The last of it: a search in all of it, each time that a little comes, would take its time. */
  #tail = '';
  #look = () => {};

  constructor(file: string, request: string) {
    this.socket = connect(file);
    this.socket.write(request);
    this.socket.setEncoding('latin1').on('data', (text) => {
      this.raw += text;
      this.#tail = (this.#tail + text).slice(-100);
      this.#look();
    });
  }

  /** The body, put together when it came in chunks. */
  get body(): string {
    const at = this.raw.indexOf('\r\n\r\n');
    if (at < 0) return '';
    const body = this.raw.slice(at + 4);
    if (!/^transfer-encoding: chunked\r$/im.test(this.raw.slice(0, at + 2))) return body;
    let text = '';
    for (let rest = body; ; ) {
      const [, size = ''] = /^([0-9a-f]+)\r\n/.exec(rest) ?? [];
      const length = Number.parseInt(size, 16);
      if (size === '' || length === 0) return text;
      const from = size.length + 2;
      text += rest.slice(from, from + length);
      rest = rest.slice(from + length + 2);
    }
  }

  /** Settles when the body ends like this. */
  until(end: string): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        // A chunk ends with a line end of its own.
        if (this.#tail.endsWith(end) || this.#tail.endsWith(`${end}\r\n`)) resolve();
      };
      this.#look();
    });
  }

  async closed(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.raw;
  }
}

/** A follower that counts. */
class Counting implements LogFollower {
  readonly #inner = createLogFollower(systemClock);
  followers = 0;
  bytes = 0;
  allLeft = () => {};

  follow: LogFollower['follow'] = (path, tail, reading) => {
    const followed = this.#inner.follow(path, tail, {
      take: (bytes) => {
        this.bytes += bytes.length;
        return reading.take(bytes);
      },
      ended: (why) => reading.ended(why),
    });
    if (followed === undefined) return undefined;
    this.followers += 1;
    return {
      modified: followed.modified,
      resume: () => followed.resume(),
      close: () => {
        followed.close();
        this.followers -= 1;
        if (this.followers === 0) this.allLeft();
      },
    };
  };
}

async function serve(t: TestContext, credentials?: { username: string; password: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-tails-'));
  const path = join(folder, 'out.log');
  const main = join(folder, 'main.log');
  const [x, member] = [new FakeProcess('x'), new FakeProcess('żó%', 'g')];
  x.stdoutLogfile = path;
  member.stdoutLogfile = join(folder, 'never-made.log');
  member.stderrLogfile = path;
  const facade = new FakeFacade(makeGroup('x', [x]), makeGroup('g', [member]));
  const log = new FakeLog();
  const follower = new Counting();
  const file = join(folder, 'sock');
  let mainLog: string | undefined = main;
  const server = await openHttpServer(
    { kind: 'unix', section: 'unix_http_server', file, mode: 0o700, uid: -1, gid: -1, credentials },
    {
      log,
      rpc: createRpcDispatcher(facade, {
        log,
        bulk: createBulkWork(systemClock),
        reader: new FakeReader(),
        version: '1',
        wall: Date.now,
      }),
      facade,
      logs: {
        processLog: (namespec, channel) => findLogPath(facade, namespec, channel),
        mainLog: () => mainLog,
        follower,
      },
      version: 'test',
      stderr: assert.fail,
    },
  );
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(path, 'first\n');
  writeFileSync(main, 'main\n');
  const open = (request: string): Stream => {
    const stream = new Stream(file, `${request}\r\n`);
    t.after(() => stream.socket.destroy());
    return stream;
  };
  return {
    path,
    main,
    log,
    follower,
    server,
    open,
    get: (target: string, headers = '', version = '1.1') =>
      open(`GET ${target} HTTP/${version}\r\n${headers}`),
    noMainLog: () => {
      mainLog = undefined;
    },
    allLeft: () =>
      new Promise<void>((resolve) => {
        follower.allLeft = resolve;
        if (follower.followers === 0) resolve();
      }),
  };
}

test('a stream has the headers of Supervisor, then the log in chunks', async (t) => {
  const { path, get } = await serve(t);
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  const stream = get('/logtail/x');
  await stream.until('first\n');
  assert.match(
    stream.raw,
    /^HTTP\/1\.1 200 OK\r\nServer: Medusa\/1\.12\r\nDate: [^\r]+ GMT\r\nLast-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\nContent-Type: text\/plain;charset=utf-8\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n/,
  );
  appendFileSync(path, 'second\n');
  await stream.until('second\n');
  assert.equal(stream.body, 'first\nsecond\n');
});

test('an empty log has a head at once', async (t) => {
  const { path, get } = await serve(t);
  writeFileSync(path, '');
  await get('/logtail/x').until('\r\n\r\n');
});

test('the main log, without the word for proxies', async (t) => {
  const { main, get, noMainLog } = await serve(t);
  const stream = get('/mainlogtail');
  await stream.until('main\n');
  assert.doesNotMatch(stream.raw, /X-Accel/);
  appendFileSync(main, 'more\n');
  await stream.until('more\n');
  noMainLog();
  assert.match(await get('/mainlogtail', 'Connection: close\r\n').closed(), /^HTTP\/1\.1 404 /);
});

test('HTTP/1.0, Connection: close and Keep-Alive: all get their bytes', async (t) => {
  const { path, get, server } = await serve(t);
  const streams = [
    get('/logtail/x', '', '1.0'),
    get('/logtail/x', 'Connection: Keep-Alive\r\n', '1.0'),
    get('/logtail/x', 'Connection: close\r\n'),
    get('/logtail/x', 'Connection: keep-alive\r\n'),
  ];
  for (const stream of streams) await stream.until('first\n');
  appendFileSync(path, 'later\n');
  for (const stream of streams) await stream.until('later\n');
  for (const { body } of streams) assert.equal(body, 'first\nlater\n');
  assert.doesNotMatch(streams[0]?.raw ?? '', /Transfer-Encoding/i);
  await server.close();
  for (const stream of streams) assert.ok(await stream.closed());
});

test('names may be encoded or not, and have a channel', async (t) => {
  const { get } = await serve(t);
  for (const target of [
    '/logtail/x/stdout',
    '/logtail/g:%C5%BC%C3%B3%25/stderr',
    '/logtail/g%3A%C5%BC%C3%B3%25%2Fstderr?query',
  ]) {
    await get(target).until('first\n');
  }
});

test('what is not there is 404, and other methods are 400', async (t) => {
  const { get, open, follower } = await serve(t);
  const close = 'Connection: close\r\n';
  for (const target of [
    '/logtail',
    '/logtail/',
    '/logtail/nope',
    '/logtail/x/',
    '/logtail/x/sideways',
    '/logtail/x/stdout/more',
    '/logtail/x/stderr',
    '/logtail/x:*',
    '/logtail/g:',
    '/logtail/g:%C5%BC%C3%B3%25',
    '/logtail/constructor',
  ]) {
    assert.match(await get(target, close).closed(), /^HTTP\/1\.1 404 /, target);
  }
  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE']) {
    for (const target of ['/logtail/x', '/mainlogtail']) {
      const reply = open(`${method} ${target} HTTP/1.1\r\nContent-Length: 1\r\n${close}\r\nx`);
      assert.match(await reply.closed(), /^HTTP\/1\.1 400 /, `${method} ${target}`);
    }
  }
  assert.equal(follower.followers, 0);
});

test('a name may come as it is, encoded, or half of each', async (t) => {
  const { get } = await serve(t);
  for (const name of ['g:żó%', 'g:%C5%BC%C3%B3%25', 'g%3a%c5%bcó%', 'g:ż%C3%B3%']) {
    await get(`/logtail/${name}/stderr`).until('first\n');
  }
  for (const name of ['g:%C5%BC%B3%25', 'g:żó', 'żó%', 'g:%25C5%25BC%25C3%25B3%2525']) {
    const reply = get(`/logtail/${name}/stderr`, 'Connection: close\r\n');
    assert.match(await reply.closed(), /^HTTP\/1\.1 404 /, name);
  }
});

test('without the password there is no log', async (t) => {
  const { get } = await serve(t, { username: 'u', password: 'p' });
  for (const target of ['/logtail/x', '/mainlogtail']) {
    assert.match(await get(target).closed(), /^HTTP\/1\.1 401 /);
  }
  const pair = Buffer.from('u:p').toString('base64');
  await get('/logtail/x', `Authorization: Basic ${pair}\r\n`).until('first\n');
});

test('hundreds of clients all get the same, and leave nothing behind', async (t) => {
  const { path, get, follower, allLeft } = await serve(t);
  const streams = Array.from({ length: 300 }, () => get('/logtail/x'));
  await Promise.all(streams.map((stream) => stream.until('first\n')));
  appendFileSync(path, 'news\n');
  await Promise.all(streams.map((stream) => stream.until('news\n')));
  for (const { body } of streams) assert.equal(body, 'first\nnews\n');
  assert.equal(follower.followers, 300);
  for (const stream of streams) stream.socket.destroy();
  await allLeft();
});

test('a client that does not read costs no memory, and does not hold up the others or the end', {
  timeout: 120_000,
}, async (t) => {
  const { path, get, follower, server, allLeft } = await serve(t);
  const slow = get('/logtail/x');
  await slow.until('first\n');
  slow.socket.pause();
  const fast = get('/logtail/x');
  await fast.until('first\n');
  const taken = follower.bytes;
  const megabytes = 20;
  for (let count = 0; count < megabytes; count++) appendFileSync(path, Buffer.alloc(1 << 20, 'x'));
  appendFileSync(path, 'end\n');
  await fast.until('end\n');
  const bySlow = follower.bytes - taken - (megabytes << 20);
  assert.ok(bySlow < 4 << 20, `${bySlow} bytes for nobody`);
  // The server has patience with its clients, but none of it is needed here.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  await server.close();
  t.mock.timers.reset();
  assert.ok((await fast.closed()).endsWith('0\r\n\r\n'));
  await allLeft();
});

test('a slow client gets all of it when it goes on', async (t) => {
  const { path, get } = await serve(t);
  const stream = get('/logtail/x', '', '1.0');
  await stream.until('first\n');
  stream.socket.pause();
  appendFileSync(path, Buffer.alloc(3 << 20, 'abc\n'));
  appendFileSync(path, 'end\n');
  stream.socket.resume();
  await stream.until('end\n');
  assert.equal(stream.body.length, 6 + (3 << 20) + 4);
});

test('what was written up to the end of the server is sent', async (t) => {
  const { path, get, server } = await serve(t);
  const stream = get('/logtail/x');
  await stream.until('first\n');
  appendFileSync(path, 'last words\n');
  await server.close();
  await stream.closed();
  assert.equal(stream.body, 'first\nlast words\n');
  assert.ok(stream.raw.endsWith('0\r\n\r\n'));
});

test('a log that the system cannot watch is 503, with the reason in the main log', async (t) => {
  const { get, log, follower, open } = await serve(t);
  follower.follow = () => {
    throw new Error('ENOSPC: System limit for number of file watchers reached');
  };
  assert.match(await get('/logtail/x', 'Connection: close\r\n').closed(), /^HTTP\/1\.1 503 /);
  assert.match(log.lines.at(-1) ?? '', /^warn cannot follow log .*out\.log: ENOSPC/);
  follower.follow = (_path, _tail, reading) => {
    setImmediate(() => reading.ended(new Error('EIO')));
    return { modified: 0, resume: () => {}, close: () => {} };
  };
  assert.match(await open('GET /logtail/x HTTP/1.1\r\n').closed(), /\r\n\r\n0\r\n\r\n$/);
  assert.match(log.lines.at(-1) ?? '', /^warn cannot follow log .*out\.log: EIO/);
});
