import assert from 'node:assert/strict';
import process from 'node:process';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { catchSignals } from '../../src/daemon/signals.ts';

/** As if the kernel had delivered it: what counts here is what the inbox makes of it. */
function arrive(...signals: NodeJS.Signals[]): void {
  for (const signal of signals) process.emit(signal, signal);
}

test('signals that nobody is in charge of wait, each kind once, in the order of their arrival', async () => {
  const inbox = catchSignals();
  arrive('SIGHUP', 'SIGUSR2', 'SIGHUP', 'SIGHUP');
  const got: string[] = [];
  const leave = inbox.attach((signal) => got.push(signal));
  assert.deepEqual(got, [], 'not from inside attach');
  await turn();
  assert.deepEqual(got, ['SIGHUP', 'SIGUSR2']);
  arrive('SIGUSR2', 'SIGUSR2');
  await turn();
  assert.deepEqual(got.slice(2), ['SIGUSR2']);
  leave();
  arrive('SIGHUP');
  await turn();
  assert.equal(got.length, 3);
  assert.equal(inbox.takeExit(), undefined);
});

test('whoever leaves while signals are handed out leaves the rest to the next', async () => {
  const inbox = catchSignals();
  arrive('SIGHUP', 'SIGTERM');
  const first: string[] = [];
  const leave = inbox.attach((signal) => {
    first.push(signal);
    leave();
  });
  await turn();
  assert.deepEqual(first, ['SIGHUP']);
  const second: string[] = [];
  inbox.attach((signal) => second.push(signal));
  await turn();
  assert.deepEqual(second, ['SIGTERM']);
});

test('a request to exit can be taken out before anybody is in charge', async () => {
  const inbox = catchSignals();
  arrive('SIGUSR2', 'SIGINT');
  assert.equal(inbox.takeExit(), 'SIGINT');
  assert.equal(inbox.takeExit(), undefined);
  const got: string[] = [];
  inbox.attach((signal) => got.push(signal));
  await turn();
  assert.deepEqual(got, ['SIGUSR2']);
});
