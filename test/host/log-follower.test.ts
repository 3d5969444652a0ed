import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/host/clock.ts';
import { createFiles } from '../../src/host/files.ts';
import { createLogFollower, type FileFollower } from '../../src/host/log-follower.ts';
import { createStandardStreams } from '../../src/host/stream-target.ts';
import type { FollowedLog, LogReading, LogSink } from '../../src/supervisor/ports.ts';

/** A reader that keeps what it is given. Without `eager` it takes one piece for each resume. */
class Follower implements LogReading {
  readonly pieces: Uint8Array[] = [];
  readonly #eager: boolean;
  #log: FollowedLog | undefined;
  #arrived = () => {};

  constructor(eager = true) {
    this.#eager = eager;
  }

  get log(): FollowedLog {
    assert.ok(this.#log);
    return this.#log;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString();
  }

  join(follower: FileFollower, path: string, tail = 1024): this {
    this.#log = follower.follow(path, tail, this);
    return this;
  }

  take(bytes: Uint8Array): boolean {
    this.pieces.push(bytes);
    this.#arrived();
    return this.#eager;
  }

  ended(why: unknown): void {
    throw why;
  }

  /** Settles when the text ends like this. */
  until(end: string): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = () => {
        if (this.text.endsWith(end)) resolve();
      };
      this.#arrived();
    });
  }
}

function room(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-follow-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const follower = createLogFollower(systemClock);
  const files = createFiles(systemClock, createStandardStreams(), follower.look);
  const path = join(folder, 'x.log');
  writeFileSync(path, '');
  return {
    folder,
    follower,
    path,
    start(eager = true, name = path): Follower {
      const made = new Follower(eager).join(follower, name);
      t.after(() => made.log.close());
      made.log.resume();
      return made;
    },
    open(maxBytes: number, backups: number): LogSink {
      const sink = files.openLog(path, { maxBytes, backups, onLoss: assert.fail });
      t.after(() => sink.close());
      return sink;
    },
    /** Settles when so many of them are open, at most: files that the sink has left are closed by another thread. */
    async openedAtMost(count: number): Promise<readonly string[]> {
      while (this.opened().length > count) await new Promise((done) => setImmediate(done));
      return this.opened();
    },
    /** Names of the files in the folder that this process has open. */
    opened(): readonly string[] {
      return readdirSync('/proc/self/fd')
        .map((fd) => {
          try {
            return readlinkSync(`/proc/self/fd/${fd}`);
          } catch {
            // The descriptor of the listing itself is closed by now.
            return '';
          }
        })
        .filter((name) => name.startsWith(folder));
    },
  };
}

/** Watches that this process has with inotify. */
function countWatches(): number {
  const watches = readdirSync('/proc/self/fdinfo').map((fd) => {
    try {
      return readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1').split('inotify wd:').length - 1;
    } catch {
      // Closed by now.
      return 0;
    }
  });
  return watches.reduce((sum, count) => sum + count, 0);
}

test('begins with the last bytes, and goes on with what comes', async (t) => {
  const { path, follower, start } = room(t);
  writeFileSync(path, 'x'.repeat(2000) + 'y'.repeat(1024));
  const made = start();
  assert.equal(made.text, 'y'.repeat(1024));
  for (const text of ['more\n', 'and more\n']) {
    appendFileSync(path, text);
    await made.until(text);
  }
  const short = new Follower().join(follower, path, 5);
  assert.deepEqual(short.pieces, [], 'nothing comes before it is asked for');
  short.log.resume();
  assert.equal(short.text, 'more\n');
  short.log.close();
});

test('characters come whole, and bytes that are none come as they are', async (t) => {
  const { path, follower, start } = room(t);
  writeFileSync(path, `${'日本'.repeat(10)}\n`);
  const cut = new Follower().join(follower, path, 5);
  cut.log.resume();
  assert.equal(cut.text, '本\n');
  cut.log.close();
  const made = start();
  const turtle = Buffer.from('🐢');
  appendFileSync(path, Buffer.concat([Buffer.from('a'), turtle.subarray(0, 2)]));
  await made.until('a');
  appendFileSync(path, Buffer.concat([turtle.subarray(2), Buffer.from('b')]));
  await made.until('🐢b');
  appendFileSync(path, Buffer.from([0x80, 0xff, 0xe9, 0x0a]));
  await made.until('\n');
  await made.until('\ufffd\ufffd\ufffd\n');
  assert.deepEqual([...Buffer.concat(made.pieces).subarray(-4)], [0x80, 0xff, 0xe9, 0x0a]);
});

test('not a byte is missed when our own log rotates again and again', async (t) => {
  const { open, start } = room(t);
  const sink = open(50, 2);
  const made = start();
  const lines = Array.from({ length: 500 }, (_, index) => `line ${index}\n`);
  // In one turn of the loop: inotify has no chance to tell.
  for (const line of lines) sink.write(Buffer.from(line));
  await made.until('line 499\n');
  assert.equal(made.text, lines.join(''));
});

test('nor when it keeps no backups, and the cuts are told', async (t) => {
  const { open, start } = room(t);
  const sink = open(50, 0);
  const made = start();
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}\n`);
  for (const line of lines) sink.write(Buffer.from(line));
  await made.until('line 99\n');
  const pieces = made.text.split('==> File truncated <==\n');
  assert.ok(pieces.length > 10);
  assert.equal(pieces.join(''), lines.join(''));
});

test('a log that others rotate: the old file is followed until the new one has content', async (t) => {
  const { path, start } = room(t);
  const made = start();
  appendFileSync(path, 'before\n');
  renameSync(path, `${path}.1`);
  writeFileSync(path, '');
  appendFileSync(`${path}.1`, 'by a writer who does not know\n');
  await made.until('by a writer who does not know\n');
  appendFileSync(`${path}.1`, 'the last\n');
  appendFileSync(path, 'in the new file\n');
  await made.until('in the new file\n');
  assert.equal(made.text, 'before\nby a writer who does not know\nthe last\nin the new file\n');
});

test('a log that is deleted and made again, whoever does it', async (t) => {
  const { path, open, start, folder } = room(t);
  const made = start();
  const sink = open(0, 0);
  sink.write(Buffer.from('one\n'));
  sink.clear();
  sink.write(Buffer.from('two\n'));
  await made.until('two\n');
  unlinkSync(path);
  sink.write(Buffer.from('nameless\n'));
  await made.until('nameless\n');
  writeFileSync(join(folder, 'other'), 'three\n');
  renameSync(join(folder, 'other'), path);
  await made.until('three\n');
  writeFileSync(join(folder, 'other'), 'four\n');
  renameSync(join(folder, 'other'), path);
  await made.until('four\n');
  assert.equal(made.text, 'one\ntwo\nnameless\nthree\nfour\n');
});

test('a folder that is moved away, and a log that is opened anew', async (t) => {
  const { path, folder, follower } = room(t);
  const inner = join(folder, 'logs');
  mkdirSync(inner);
  const files = createFiles(systemClock, createStandardStreams(), follower.look);
  const sink = files.openLog(join(inner, 'y.log'), { maxBytes: 0, backups: 0, onLoss: assert.fail });
  const made = new Follower().join(follower, join(inner, 'y.log'));
  made.log.resume();
  renameSync(inner, `${inner}.old`);
  mkdirSync(inner);
  sink.reopen();
  sink.write(Buffer.from('anew\n'));
  await made.until('anew\n');
  unlinkSync(join(inner, 'y.log'));
  writeFileSync(join(inner, 'y.log'), 'and the new folder is watched\n');
  await made.until('watched\n');
  made.log.close();
  sink.close();
  assert.equal(path.startsWith(folder), true);
});

test('a log that others truncate begins anew, for everyone, and says so', async (t) => {
  const { path, start } = room(t);
  writeFileSync(path, 'a line that is long enough\n');
  const [fast, slow] = [start(), start(false)];
  truncateSync(path);
  await fast.until('==> File truncated <==\n');
  appendFileSync(path, 'new\n');
  await fast.until('new\n');
  slow.log.resume();
  slow.log.resume();
  assert.equal(slow.text, fast.text);
  assert.equal(fast.text, 'a line that is long enough\n==> File truncated <==\nnew\n');
});

test('a name that is a link: its file is followed, and another file that it comes to mean', async (t) => {
  const { path, folder, start } = room(t);
  const link = join(folder, 'link');
  const elsewhere = mkdtempSync(join(folder, 'elsewhere-'));
  writeFileSync(join(elsewhere, 'target'), 'target\n');
  symlinkSync(join(elsewhere, 'target'), link);
  const made = start(true, link);
  appendFileSync(join(elsewhere, 'target'), 'grows\n');
  await made.until('grows\n');
  writeFileSync(path, 'other\n');
  symlinkSync(path, `${link}.new`);
  renameSync(`${link}.new`, link);
  await made.until('other\n');
  assert.equal(made.text, 'target\ngrows\nother\n');
});

test('who does not take anything is given nothing, and gets all of it later, in chunks', async (t) => {
  const { path, start } = room(t);
  const [fast, slow] = [start(), start(false)];
  const big = Buffer.alloc(1_000_000, 'abc\n');
  appendFileSync(path, big);
  await fast.until(big.toString());
  assert.equal(slow.pieces.length, 1);
  const chunk = slow.pieces[0]?.length ?? 0;
  assert.ok(chunk <= 64 * 1024);
  while (slow.pieces.length < Math.ceil(big.length / chunk)) slow.log.resume();
  assert.equal(slow.text, big.toString());
});

test('a reader who is very slow holds no more than a few files open, and is told what it has lost', {
  timeout: 60_000,
}, async (t) => {
  const made = room(t);
  const { open, start } = made;
  const sink = open(10, 1);
  const [fast, slow] = [start(), start(false)];
  const lines = Array.from({ length: 40 }, (_, index) => `number ${10 + index}\n`);
  for (const line of [...lines, 'end\n']) sink.write(Buffer.from(line));
  await fast.until('end\n');
  assert.equal(fast.text, `${lines.join('')}end\n`);
  // One is the sink's own.
  await made.openedAtMost(9);
  for (let turn = 0; turn < 20; turn++) slow.log.resume();
  assert.match(
    slow.text,
    /^number 10\n==> Output skipped: read too slowly <==\nnumber 4[0-9]\n(number \d+\n)*number 49\nend\n$/,
  );
  assert.equal((await made.openedAtMost(2)).length, 2);
});

test('readers of one log share what is read', async (t) => {
  const { path, start } = room(t);
  const readers = Array.from({ length: 300 }, () => start());
  appendFileSync(path, 'for all\n');
  await Promise.all(readers.map((reader) => reader.until('for all\n')));
  assert.equal(new Set(readers.map(({ pieces }) => pieces[0])).size, 1);
});

test('descriptors and watches go with the last reader', { timeout: 60_000 }, async (t) => {
  const made = room(t);
  const { path, open, start } = made;
  const before = countWatches();
  const sink = open(20, 1);
  const readers = [start(), start(), start(false)];
  for (let line = 0; line < 20; line++) sink.write(Buffer.from('twelve bytes'));
  appendFileSync(path, 'end\n');
  await readers[0]?.until('end\n');
  assert.ok(countWatches() >= before + 2);
  for (const { log } of readers) log.close();
  for (const { log } of readers) log.close();
  assert.equal(countWatches(), before);
  assert.deepEqual(await made.openedAtMost(1), [path]);
  assert.equal(start().text, 'end\n');
});

test('a reader may leave while it is given something', async (t) => {
  const { path, start } = room(t);
  const other = start();
  const leaving = start();
  leaving.take = () => {
    leaving.log.close();
    return true;
  };
  appendFileSync(path, 'one\n');
  await other.until('one\n');
  appendFileSync(path, 'two\n');
  await other.until('two\n');
});

test('only files that can be read from any position are followed', (t) => {
  const { folder, follower, path } = room(t);
  const fifo = join(folder, 'fifo');
  execFileSync('mkfifo', [fifo]);
  for (const name of [folder, fifo, '/dev/null', join(folder, 'nope'), join(path, 'below'), '']) {
    assert.equal(follower.follow(name, 10, new Follower()), undefined, name);
  }
});

test('a name that is gone cannot be joined, while those who follow stay', async (t) => {
  const { path, follower, start } = room(t);
  const made = start();
  unlinkSync(path);
  assert.equal(follower.follow(path, 10, new Follower()), undefined);
  writeFileSync(path, 'again\n');
  await made.until('again\n');
  assert.equal(start().text, 'again\n');
});
