import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMainLog } from '../../src/host/main-log.ts';
import { createSyslog } from '../../src/host/syslog.ts';
import type { Clock } from '../../src/supervisor/ports.ts';

const WALL = new Date(2024, 0, 2, 3, 4, 5, 6).getTime();
const HEAD = '<14>Jan  2 03:04:05 heraldd: ';

/** A real socket with somebody behind it who reads when told; and a syslog that sends there. */
async function withReceiver(
  use: (room: {
    ask: (command: string) => Promise<unknown>;
    syslog: ReturnType<typeof createSyslog>;
    told: string[];
    turn: (ms: number) => void;
  }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-syslog-'));
  const path = join(folder, 'log');
  const script = fileURLToPath(new URL('../fixtures/datagram-receiver.py', import.meta.url));
  const receiver = spawn('python3', [script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: receiver.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<unknown> => {
    receiver.stdin.write(`${command}\n`);
    const { value } = await answers.next();
    return JSON.parse(value);
  };
  const clock = handClock();
  const told: string[] = [];
  const onLoss = (message: string): void => {
    told.push(message.replaceAll(path, 'PATH'));
  };
  const syslog = createSyslog({ clock, tag: 'heraldd', onLoss, path });
  try {
    await use({ ask, syslog, told, turn: clock.turn });
  } finally {
    syslog.close();
    receiver.stdin.end();
    rmSync(folder, { recursive: true });
  }
}

/** A clock that stands until it is turned, with one timer. */
function handClock(): Clock & { turn(ms: number): void } {
  let now = 0;
  let armed: { due: number; fn: () => void } | undefined;
  return {
    monotonic: () => now,
    wall: () => WALL,
    after(ms, fn) {
      const timer = { due: now + ms, fn };
      assert.equal(armed, undefined, 'one timer at a time');
      armed = timer;
      return () => {
        if (armed === timer) armed = undefined;
      };
    },
    turn(ms) {
      now += ms;
      const timer = armed;
      if (timer === undefined || timer.due > now) return;
      armed = undefined;
      timer.fn();
    },
  };
}

test('each message is a datagram as syslog(3) would send it', () =>
  withReceiver(async ({ ask, syslog, told }) => {
    await ask('bind');
    syslog.send('web hello');
    syslog.send('web grüße');
    const utf8 = Buffer.from('web grüße').toString('latin1');
    assert.deepEqual(await ask('read 2'), [`${HEAD}web hello`, `${HEAD}${utf8}`]);
    assert.equal(syslog.lost, 0);
    assert.deepEqual(told, []);
  }));

test('without a daemon messages are lost and counted; when it is back they go there', () =>
  withReceiver(async ({ ask, syslog, told, turn }) => {
    syslog.send('one');
    syslog.send('two');
    assert.equal(syslog.lost, 2);
    assert.deepEqual(told, ["cannot write to log 'PATH' (ENOENT), its output is being lost"]);
    await ask('bind');
    turn(61_000);
    syslog.send('three');
    assert.deepEqual(await ask('read 1'), [`${HEAD}three`]);
    assert.match(told[1] ?? '', /works again/);
    await ask('close');
    await ask('bind');
    syslog.send('four');
    assert.deepEqual(await ask('read 1'), [`${HEAD}four`]);
    assert.equal(syslog.lost, 2);
  }));

test('losses that nobody has heard of are told when asked for, once', () =>
  withReceiver(async ({ syslog, told }) => {
    syslog.tellLosses();
    assert.deepEqual(told, []);
    syslog.send('one');
    syslog.send('two');
    syslog.tellLosses();
    syslog.tellLosses();
    assert.deepEqual(told.slice(1), ["log 'PATH' is closed, 64 bytes were lost (ENOENT)"]);
  }));

test('while the daemon is busy messages wait in order, and none is lost', () =>
  withReceiver(async ({ ask, syslog, turn }) => {
    await ask('bind');
    const count = 3000;
    for (let index = 0; index < count; index += 1) syslog.send(`${index} ${'x'.repeat(200)}`);
    const got: string[] = [];
    while (got.length < count) {
      const batch = await ask('read 5');
      assert.ok(Array.isArray(batch));
      got.push(...batch);
      turn(100);
    }
    assert.deepEqual(
      got.map((text) => Number(text.slice(HEAD.length).split(' ')[0])),
      Array.from({ length: count }, (_, index) => index),
    );
    assert.equal(syslog.lost, 0);
  }));

test('a daemon that does not read costs a bounded amount of memory', () =>
  withReceiver(async ({ ask, syslog, told }) => {
    await ask('bind');
    const text = 'x'.repeat(60_000);
    for (let index = 0; index < 200; index += 1) syslog.send(text);
    assert.ok(syslog.lost > 100, `${syslog.lost} lost`);
    assert.deepEqual(told, ["cannot write to log 'PATH' (EAGAIN), its output is being lost"]);
  }));

test('a message that no datagram holds is lost alone', () =>
  withReceiver(async ({ ask, syslog }) => {
    await ask('bind');
    syslog.send('x'.repeat(8 * 1024 * 1024));
    syslog.send('after');
    assert.deepEqual(await ask('read 1'), [`${HEAD}after`]);
    assert.equal(syslog.lost, 1);
  }));

test('the main log sends every line as a message of its own', () =>
  withReceiver(async ({ ask, syslog }) => {
    await ask('bind');
    const log = createMainLog({ wall: () => WALL }, { openLog: () => assert.fail('no file was asked for') });
    log.write('info', 'early');
    log.open({ path: undefined, syslog, maxBytes: 0, backups: 0, level: 'info' });
    log.write('warn', 'two\nlines\n');
    log.write('debug', 'not wanted');
    const head = `${HEAD}2024-01-02 03:04:05,006`;
    const wanted = [`${head} INFO early\n`, `${head} WARN two\n`, `${head} WARN lines\n`];
    assert.deepEqual(await ask('read 3'), wanted);
    log.close();
  }));
