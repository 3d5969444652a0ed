import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { MAX_PAGES } from '../../../src/web/page/live-updates.ts';
import type { Update } from '../../../src/web/page/update.ts';
import { FakeProcess, makeGroup } from '../../rpc/fake-facade.ts';
import { servePage } from './page-server.ts';

/** Reads updates one by one. */
class Updates {
  readonly #stream: IncomingMessage;
  #text = '';
  #look = () => {};

  constructor(stream: IncomingMessage) {
    this.#stream = stream.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text;
      this.#look();
    });
    // A server that closes may cut it.
    stream.on('error', () => {});
  }

  next(): Promise<Update> {
    return new Promise((resolve) => {
      this.#look = () => {
        const [found, json = ''] = /data: (.*)\n\n/.exec(this.#text) ?? [];
        if (found === undefined) return;
        this.#text = this.#text.slice(this.#text.indexOf(found) + found.length);
        this.#look = () => {};
        resolve(JSON.parse(json));
      };
      this.#look();
    });
  }

  async leave(): Promise<void> {
    this.#stream.destroy();
    if (!this.#stream.closed) await once(this.#stream, 'close');
  }
}

async function serveUpdates(t: TestContext) {
  const x = new FakeProcess('x');
  const y = new FakeProcess('y', 'g');
  const page = await servePage(t, [makeGroup('x', [x]), makeGroup('g', [y])]);
  const changed = (...processes: readonly FakeProcess[]) => {
    for (const watcher of page.facade.watchers) for (const each of processes) watcher.processChanged(each);
  };
  return { ...page, x, y, changed };
}

describe('live updates', () => {
  it('begin with everything, then tell what has changed, together', async (t) => {
    const { open, x, y, changed, facade } = await serveUpdates(t);
    const stream = await open('GET', '/page/updates');
    assert.equal(stream.headers['content-type'], 'text/event-stream;charset=utf-8');
    assert.equal(stream.headers['x-accel-buffering'], 'no');
    const updates = new Updates(stream);
    const first = await updates.next();
    assert.deepEqual([first.complete, first.daemon], [true, 'RUNNING']);
    assert.deepEqual(
      first.processes.map(({ name, group, state, description }) => [name, group, state, description]),
      [
        ['x', 'x', 'STOPPED', 'Not started'],
        ['g:y', 'g', 'STOPPED', 'Not started'],
      ],
    );
    Object.assign(x, { state: 'RUNNING', pid: 7, startedAt: 1_700_000_000_999 });
    changed(x, x, x);
    x.state = 'STOPPING';
    changed(x);
    const second = await updates.next();
    assert.equal(second.complete, false);
    assert.deepEqual(second.processes, [
      { name: 'x', group: 'x', state: 'STOPPING', description: '', pid: 7, started: 1_700_000_000 },
    ]);
    changed(y);
    assert.deepEqual(
      (await updates.next()).processes.map(({ name }) => name),
      ['g:y'],
    );
    facade.groups.delete('g');
    facade.shutdown();
    for (const watcher of facade.watchers) watcher.daemonChanged();
    changed(y);
    const last = await updates.next();
    assert.deepEqual([last.complete, last.daemon, last.processes.length], [true, 'SHUTDOWN', 1]);
    await updates.leave();
  });

  it('reach every open page, and nobody is told of changes when none is open', async (t) => {
    const { open, x, changed, facade } = await serveUpdates(t);
    assert.equal(facade.watchers.size, 0);
    const all = await Promise.all([1, 2, 3].map(async () => new Updates(await open('GET', '/page/updates'))));
    for (const each of all) await each.next();
    assert.equal(facade.watchers.size, 1);
    changed(x);
    for (const each of all) assert.equal((await each.next()).processes.length, 1);
    for (const each of all) await each.leave();
    // The server hears of it in its own time, but before it takes the next connection.
    while (facade.watchers.size > 0) await (await open('GET', '/ok.html')).toArray();
  });

  it('are for so many pages at once', async (t) => {
    const { open, get } = await serveUpdates(t);
    const all: Updates[] = [];
    while (all.length < MAX_PAGES) all.push(new Updates(await open('GET', '/page/updates')));
    assert.equal((await get('/page/updates')).status, 503);
    for (const each of all) await each.next();
    await all[0]?.leave();
    for (let status = 503; status === 503; ) {
      const stream = await open('GET', '/page/updates');
      status = stream.statusCode ?? 0;
      stream.destroy();
    }
    for (const each of all) await each.leave();
  });

  it('end with the server, at once, and with the last news', async (t) => {
    const { open, server, x, changed } = await serveUpdates(t);
    const stream = await open('GET', '/page/updates');
    const updates = new Updates(stream);
    await updates.next();
    x.state = 'EXITED';
    changed(x);
    const closed = once(stream, 'close');
    await server.close();
    await closed;
    assert.equal((await updates.next()).processes[0]?.state, 'EXITED');
  });

  it('drop a reader who does not read, and tell the others', async (t) => {
    const { open, socketPath, facade, x, changed } = await serveUpdates(t);
    const idle = connect(socketPath);
    const gone = once(idle, 'close');
    idle.on('error', () => {});
    idle.pause();
    idle.write('GET /page/updates HTTP/1.1\r\n\r\n');
    const reader = new Updates(await open('GET', '/page/updates'));
    await reader.next();
    x.state = 'FATAL';
    // More than sockets take, and more than may wait.
    x.spawnError = 'long'.repeat(500_000);
    for (let n = 0; n < 3; n++) {
      changed(x);
      assert.equal((await reader.next()).processes[0]?.state, 'FATAL');
    }
    idle.resume();
    await gone;
    assert.equal(facade.watchers.size, 1);
    await reader.leave();
  });

  it('are to be had by GET only', async (t) => {
    const { send, post } = await serveUpdates(t);
    assert.equal((await send('HEAD', '/page/updates')).status, 400);
    assert.equal((await post('/page/updates', 'x')).status, 400);
  });
});
