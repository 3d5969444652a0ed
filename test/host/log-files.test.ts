import assert from 'node:assert/strict';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createFiles } from '../../src/host/files.ts';
import { bind } from '../../src/host/libc/library.ts';
import { createStandardStreams, QUEUE_CAP } from '../../src/host/stream-target.ts';
import type { Files, LogSink } from '../../src/supervisor/ports.ts';
import { ownDevice } from '../fixtures/own-device.ts';

interface Room {
  readonly path: (name: string) => string;
  readonly files: Files;
  readonly told: string[];
  readonly read: (name: string) => string;
  readonly open: (name: string, maxBytes?: number, backups?: number) => LogSink;
  now: number;
}

function room(t: TestContext): Room {
  const folder = mkdtempSync(join(tmpdir(), 'herald-log-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const told: string[] = [];
  const clock = { monotonic: () => made.now, after: (_ms: number, fn: () => void) => turn(fn) };
  const made: Room = {
    now: 0,
    told,
    path: (name) => (name.startsWith('/') ? name : join(folder, name)),
    files: createFiles(clock, createStandardStreams(clock)),
    read: (name) => readFileSync(join(folder, name), 'latin1'),
    open: (name, maxBytes = 0, backups = 0) => {
      const onLoss = (message: string): void => void told.push(message);
      const sink = made.files.openLog(made.path(name), { maxBytes, backups, onLoss });
      t.after(() => sink.close());
      return sink;
    },
  };
  return made;
}

/** Time that passes as soon as the loop turns: what a closed sink waits for is over at once. */
function turn(fn: () => void): () => void {
  const handle = setImmediate(fn);
  return () => clearImmediate(handle);
}

/** Empty when it is no longer there. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

const put = (sink: LogSink, text: string): void => sink.write(Buffer.from(text));

test('appends to what is there', (t) => {
  const { open, read, path } = room(t);
  writeFileSync(path('x'), 'before\n');
  put(open('x'), 'after\n');
  assert.equal(read('x'), 'before\nafter\n');
});

test('rotates once the size is reached, keeping the newest backups', (t) => {
  const { open, read, path } = room(t);
  const sink = open('x', 4, 2);
  for (const text of ['aaa', 'bbb', 'cccc', 'dddd', 'ee']) put(sink, text);
  assert.deepEqual(['x', 'x.1', 'x.2'].map(read), ['ee', 'dddd', 'cccc']);
  assert.equal(existsSync(path('x.3')), false);
});

test('counts what was in the file before', (t) => {
  const { open, read, path } = room(t);
  writeFileSync(path('x'), '123');
  put(open('x', 4, 1), '4');
  assert.deepEqual([read('x'), read('x.1')], ['', '1234']);
});

test('without backups the file is emptied', (t) => {
  const { open, read, path } = room(t);
  const sink = open('x', 4, 0);
  put(sink, 'aaaaa');
  assert.equal(read('x'), '');
  put(sink, 'bb');
  assert.equal(read('x'), 'bb');
  assert.equal(existsSync(path('x.1')), false);
});

test('a negative size or number of backups is as good as 0', (t) => {
  const { open, read, path } = room(t);
  const unlimited = open('x', -1, 2);
  put(unlimited, 'aaaaa');
  put(unlimited, 'bb');
  assert.equal(read('x'), 'aaaaabb');
  assert.equal(existsSync(path('x.1')), false);
  const emptied = open('y', 4, -1);
  put(emptied, 'aaaaa');
  assert.equal(read('y'), '');
  assert.equal(existsSync(path('y.1')), false);
});

test('a folder in the place of a backup costs the rotation, not the output', (t) => {
  const { open, read, path, told } = room(t);
  mkdirSync(path('x.1'));
  mkdirSync(path('x.2'));
  writeFileSync(join(path('x.2'), 'full'), '');
  const sink = open('x', 4, 2);
  for (const text of ['aaaa', 'bb', 'cc', 'dd']) put(sink, text);
  assert.equal(read('x'), 'aaaabbccdd');
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^cannot rotate log '.*x' \(E[A-Z]+\), it grows on$/);
});

test('a backup that falls off is gone, and nothing holds it for long', { timeout: 30_000 }, async (t) => {
  const { open, read, path } = room(t);
  const held = () =>
    readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`).startsWith(path('x.1')));
  const sink = open('x', 4, 1);
  for (let round = 0; round < 50; round += 1) put(sink, `${1000 + round}`);
  assert.deepEqual([read('x'), read('x.1')], ['', '1049']);
  // Other threads let go of it.
  while (held().length > 0) await new Promise((done) => setImmediate(done));
});

test('a link in the place of a backup gives way, and not what it leads to', (t) => {
  const { open, read, path } = room(t);
  writeFileSync(path('kept'), 'kept');
  symlinkSync(path('kept'), path('x.1'));
  put(open('x', 4, 1), 'aaaa');
  assert.deepEqual([read('x'), read('x.1'), read('kept')], ['', 'aaaa', 'kept']);
});

test('with room for all backups no byte is lost or moved, however output is cut', (t) => {
  const { files, path, told } = room(t);
  let run = 0;
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 60 }),
      (chunks, max) => {
        const name = path(`run${run++}`);
        const sink = files.openLog(name, {
          maxBytes: max,
          backups: 40,
          onLoss: (message) => told.push(message),
        });
        for (const chunk of chunks) sink.write(chunk);
        sink.close();
        const found: Buffer[] = [readFileSync(name)];
        for (let n = 1; existsSync(`${name}.${n}`); n++) found.unshift(readFileSync(`${name}.${n}`));
        assert.deepEqual(Buffer.concat(found), Buffer.concat(chunks));
        for (const file of found.slice(0, -1)) assert.ok(file.length >= max);
      },
    ),
    { numRuns: 40 },
  );
  assert.deepEqual(told, []);
});

test('a file that others emptied does not rotate early', (t) => {
  const { open, read, path } = room(t);
  const sink = open('x', 10, 1);
  put(sink, '123456789');
  truncateSync(path('x'));
  put(sink, 'abc');
  assert.equal(read('x'), 'abc');
  assert.equal(existsSync(path('x.1')), false);
});

test('a file that others renamed is written on until the reopening', (t) => {
  const { open, read, path } = room(t);
  const sink = open('x');
  put(sink, 'one');
  renameSync(path('x'), path('old'));
  put(sink, 'two');
  sink.reopen();
  put(sink, 'three');
  assert.deepEqual([read('old'), read('x')], ['onetwo', 'three']);
});

test('a file that others replaced is theirs: no rotation of it', (t) => {
  const { open, read, path } = room(t);
  const sink = open('x', 4, 2);
  put(sink, 'one');
  renameSync(path('x'), path('x.1'));
  writeFileSync(path('x'), 'N');
  put(sink, 'two');
  put(sink, 'th');
  assert.deepEqual([read('x.1'), read('x')], ['onetwo', 'Nth']);
  assert.equal(existsSync(path('x.2')), false);
});

test('a removed file costs nothing but itself', (t) => {
  const { open, read, path, told } = room(t);
  const sink = open('x', 6, 2);
  put(sink, 'one');
  unlinkSync(path('x'));
  put(sink, 'two');
  put(sink, 'three');
  assert.equal(read('x'), 'three');
  assert.deepEqual([sink.lost, told], [0, []]);
});

test('a removed folder: the sink lives, does not fill the disk, and recovers', (t) => {
  const made = room(t);
  mkdirSync(made.path('ld'));
  const sink = made.open('ld/x', 5, 2);
  rmSync(made.path('ld'), { recursive: true });
  put(sink, 'some text\n');
  put(sink, 'some text\n');
  assert.equal(sink.lost, 20);
  assert.equal(made.told.length, 1);
  assert.match(made.told[0] ?? '', /cannot rotate log '.*\/ld\/x' \(ENOENT\)/);
  sink.reopen();
  mkdirSync(made.path('ld'));
  made.now = 60_000;
  put(sink, 'more text\n');
  put(sink, 'again');
  assert.equal(made.read('ld/x.1') + made.read('ld/x'), 'again');
});

test('clear removes the content and not the backups', (t) => {
  const { open, read, path } = room(t);
  writeFileSync(path('x.1'), 'backup');
  const sink = open('x', 100, 1);
  put(sink, 'one');
  sink.clear();
  put(sink, 'two');
  unlinkSync(path('x'));
  sink.clear();
  put(sink, 'three');
  assert.deepEqual([read('x'), read('x.1')], ['three', 'backup']);
});

test('clear throws with a code when the file cannot be made anew', (t) => {
  const { open, path } = room(t);
  mkdirSync(path('d'));
  const sink = open('d/x');
  rmSync(path('d'), { recursive: true });
  assert.throws(() => sink.clear(), { code: 'ENOENT' });
  assert.doesNotThrow(() => put(sink, 'still works'));
  assert.equal(sink.lost, 0);
});

test('what cannot be opened throws with its code', (t) => {
  const { open, path } = room(t);
  mkdirSync(path('d'));
  assert.throws(() => open('d'), { code: 'EISDIR' });
  assert.throws(() => open('no/such'), { code: 'ENOENT' });
});

test('a full device: nothing thrown, everything counted, the total told now and then and at the end', (t) => {
  const made = room(t);
  const { told } = made;
  const device = ownDevice(made.path('.'), 'full');
  const sink = made.open(device, 5, 1);
  for (let i = 0; i < 10; i++) put(sink, 'eleven char');
  assert.equal(sink.lost, 110);
  assert.equal(told.length, 1);
  assert.ok(told[0]?.includes(`'${device}' (ENOSPC)`), told[0]);
  made.now = 60_000;
  for (let i = 0; i < 10; i++) put(sink, 'eleven char');
  assert.equal(told.length, 2);
  assert.match(told[1] ?? '', /^still cannot .* 121 bytes were lost so far$/);
  sink.close();
  sink.close();
  assert.deepEqual(told.slice(2), [`log '${device}' is closed, 220 bytes were lost (ENOSPC)`]);
  assert.ok(statSync(device).isCharacterDevice());
});

/** Runs `use` with a file system of 64 KiB on `folder`; without the right to mount one, `use(false)`. */
function withTinyDisk(folder: string, use: (isTiny: boolean) => void): void {
  const mount = bind('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']);
  const isTiny = mount('herald-test', folder, 'tmpfs', 0, 'size=64k') === 0;
  const detach = 2;
  try {
    use(isTiny);
  } finally {
    if (isTiny) bind('umount2', 'int', ['str', 'int'])(folder, detach);
  }
}

test('a full disk takes what fits, counts the rest, and works again when there is room', (t) => {
  const made = room(t);
  mkdirSync(made.path('disk'));
  withTinyDisk(made.path('disk'), (isTiny) => {
    writeFileSync(made.path('disk/filler'), Buffer.alloc(32_768));
    // Without a disk of our own the full device stands in for it, and nothing fits.
    const sink = made.open(isTiny ? 'disk/x' : ownDevice(made.path('.'), 'full'));
    const chunk = Buffer.alloc(10_000, 'a');
    for (let i = 0; i < 6; i++) sink.write(chunk);
    const kept = isTiny ? 32_768 : 0;
    assert.equal(sink.lost, 60_000 - kept);
    assert.equal(made.told.length, 1);
    if (!isTiny) return;
    assert.equal(statSync(made.path('disk/x')).size, kept);
    unlinkSync(made.path('disk/filler'));
    made.now = 60_000;
    sink.write(chunk);
    assert.equal(statSync(made.path('disk/x')).size, kept + chunk.length);
    assert.match(made.told[1] ?? '', /works again, 27232 bytes were lost/);
  });
});

test('the end of a loss is told once and at once, with its size', (t) => {
  // A file that stops taking bytes: the reopening swaps it for a full device, and back.
  const made = room(t);
  const sink = made.open('link');
  unlinkSync(made.path('link'));
  bind('symlink', 'int', ['str', 'str'])(ownDevice(made.path('.'), 'full'), made.path('link'));
  sink.reopen();
  put(sink, 'lost');
  unlinkSync(made.path('link'));
  sink.reopen();
  put(sink, 'soon');
  put(sink, 'later');
  sink.close();
  assert.equal(made.read('link'), 'soonlater');
  assert.equal(made.told.length, 2);
  assert.match(made.told[1] ?? '', /works again, 4 bytes were lost \(ENOSPC\)/);
});

test('/dev/null is a sink and stays a device', (t) => {
  const { open, path } = room(t);
  const device = ownDevice(path('.'), 'null');
  const sink = open(device, 3, 1);
  put(sink, 'gone');
  sink.clear();
  sink.reopen();
  put(sink, 'gone');
  assert.equal(sink.lost, 0);
  assert.ok(statSync(device).isCharacterDevice());
});

function makeFifo(path: string): void {
  assert.equal(bind('mkfifo', 'int', ['str', 'int'])(path, 0o600), 0);
}

/** Reads from a non-blocking descriptor until so many bytes have come, yielding to the loop between attempts. */
async function readAll(fd: number, length: number): Promise<Buffer> {
  const out = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    try {
      done += readSync(fd, out, done, length - done, null);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return out;
}

test('a fifo without a reader opens at once; a late reader gets all, in order', async (t) => {
  const { open, path, told } = room(t);
  makeFifo(path('f'));
  const sink = open('f', 10, 3);
  const chunk = Buffer.alloc(50_000);
  for (let i = 0; i < 20; i++) sink.write(chunk.fill(i));
  const reader = openSync(path('f'), constants.O_RDONLY | constants.O_NONBLOCK);
  t.after(() => closeSync(reader));
  const got = await readAll(reader, 20 * chunk.length);
  for (let i = 0; i < 20; i++)
    assert.ok(got.subarray(i * 50_000, (i + 1) * 50_000).every((byte) => byte === i));
  assert.deepEqual([sink.lost, told, existsSync(path('f.1'))], [0, [], false]);
});

test('a reader who does not read: what is beyond the queue is counted, and the loop is free', async (t) => {
  const { open, path, told } = room(t);
  makeFifo(path('f'));
  const sink = open('f');
  const chunk = Buffer.alloc(1 << 20);
  for (let i = 0; i < 2 * (QUEUE_CAP / chunk.length); i++) sink.write(chunk);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /EAGAIN/);
  assert.ok(sink.lost >= QUEUE_CAP - chunk.length && sink.lost < QUEUE_CAP + chunk.length, String(sink.lost));
  // The reader never comes: the closed sink gives up, and what it held counts as lost.
  sink.close();
  const refused = sink.lost;
  while (told.length < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(sink.lost >= 2 * QUEUE_CAP - 65_536, String(sink.lost));
  assert.match(told[1] ?? '', new RegExp(`is closed, ${refused} bytes were lost \\(EAGAIN\\)$`));
  assert.match(told[2] ?? '', new RegExp(`is closed, ${sink.lost} bytes were lost \\(ETIMEDOUT\\)$`));
});

test('a terminal that takes nothing stops nobody', async (t) => {
  const { open } = room(t);
  const master = openSync('/dev/ptmx', constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  t.after(() => closeSync(master));
  assert.equal(bind('grantpt', 'int', ['int'])(master), 0);
  assert.equal(bind('unlockpt', 'int', ['int'])(master), 0);
  const name = Buffer.alloc(64);
  assert.equal(bind('ptsname_r', 'int', ['int', 'void *', 'size_t'])(master, name, name.length), 0);
  const sink = open(name.toString('latin1', 0, name.indexOf(0)), 10, 2);
  sink.write(Buffer.alloc(100_000, 'x'));
  const got = await readAll(master, 100_000);
  assert.ok(got.every((byte) => byte === 0x78));
  assert.equal(sink.lost, 0);
});

test('a slice of a file, and its size', (t) => {
  const { files, path } = room(t);
  writeFileSync(path('x'), '0123456789');
  const slice = (from: number, length: number): string =>
    Buffer.from(files.readSlice(path('x'), from, length)).toString();
  assert.deepEqual([slice(2, 3), slice(8, 99), slice(99, 5), slice(0, 0)], ['234', '89', '', '']);
  assert.equal(files.size(path('x')), 10);
  assert.equal(files.size(path('none')), undefined);
  assert.equal(files.size(path('x/y')), undefined);
  assert.throws(() => files.readSlice(path('none'), 0, 1), { code: 'ENOENT' });
  assert.throws(() => files.readSlice(path('.'), 0, 1), { code: 'EISDIR' });
  makeFifo(path('f'));
  assert.throws(() => files.readSlice(path('f'), 0, 1), { code: 'ESPIPE' });
});

test('AUTO logs have a name of their own and are private', (t) => {
  const { files, path } = room(t);
  const names = [1, 2].map(() => files.createAutoLog(path('.'), 'x-stdout---supervisor-'));
  assert.notEqual(names[0], names[1]);
  for (const name of names) {
    assert.match(name, /\/x-stdout---supervisor-[a-z0-9_]{8}\.log$/);
    assert.deepEqual([statSync(name).mode & 0o777, statSync(name).size], [0o600, 0]);
  }
  assert.throws(() => files.createAutoLog(path('none'), 'x'), { code: 'ENOENT' });
});

test('two sinks may share a file without rotation', (t) => {
  const { open, read, path } = room(t);
  const [a, b] = [open('x'), open('x')];
  for (let i = 0; i < 3; i++) {
    put(a, `a${i}`);
    put(b, `b${i}`);
  }
  appendFileSync(path('x'), '!');
  chmodSync(path('x'), 0o600);
  assert.equal(read('x'), 'a0b0a1b1a2b2!');
});
