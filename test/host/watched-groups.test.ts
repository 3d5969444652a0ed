/** What is left of a process group when its leader has ended, with real processes. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { isSubreaper } from '../../src/host/libc/signals.ts';
import { openProcesses, type RecordedChild, record, shell } from './recorded-child.ts';

const processes = openProcesses();
after(() => processes.close());

/** Watches a group; `order` gets what is told of it, each with the exit that came before. */
function watched(child: RecordedChild, order: string[] = []): Promise<void> {
  return new Promise((done) => {
    const exited = (): string[] => child.calls.filter((call) => call === 'exited');
    processes.watchGroup(child.child.pid, {
      left: () => order.push(...exited(), 'left'),
      emptied: () => {
        order.push(...exited(), 'empty');
        done();
      },
    });
  });
}

/** A shell that ends on SIGTERM, and one behind it that does so only on SIGUSR1. */
const LEAVES_ONE =
  'trap "exit 3" TERM; sh -c "trap : TERM; trap \'exit 0\' USR1; echo ready; while :; do sleep 60 & wait $!; kill $!; done" & wait';

test('a group whose leader was its last is empty right after the exit', async () => {
  const child = record(processes, shell('exec sleep 60'));
  const order: string[] = [];
  const empty = watched(child, order);
  assert.equal(processes.signal(child.child.pid, 15, 'group'), 'sent');
  await empty;
  assert.deepEqual(order, ['exited', 'empty']);
  assert.equal(processes.signal(child.child.pid, 15, 'group'), 'gone');
});

test('the rest of a group is waited for and can be signalled; then it is empty, and nobody is signalled', async () => {
  const child = record(processes, shell(LEAVES_ONE));
  await child.until('stdout', 'ready');
  const order: string[] = [];
  const empty = watched(child, order);
  assert.equal(isSubreaper(), true);
  assert.equal(processes.signal(child.child.pid, 15, 'process'), 'sent');
  assert.deepEqual(await child.exited, { kind: 'exited', code: 3 });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(order, ['exited', 'left']);
  assert.equal(processes.signal(child.child.pid, 15, 'process'), 'gone');
  assert.equal(processes.signal(child.child.pid, 9, 'group'), 'sent');
  await empty;
  assert.deepEqual(order, ['exited', 'left', 'exited', 'empty']);
  assert.equal(processes.signal(child.child.pid, 9, 'group'), 'gone');
  assert.equal(isSubreaper(), false);
});

test('who has lost its parent before the stop is noticed, too', async () => {
  // The subshell ends at once, so that nobody here is told of the end of what it has started.
  const child = record(
    processes,
    shell(
      'trap "exit 0" TERM; (sh -c "echo ready; exec sleep 60" </dev/null & ); while :; do sleep 60 & wait $!; done',
    ),
  );
  await child.until('stdout', 'ready');
  const order: string[] = [];
  const empty = watched(child, order);
  processes.signal(child.child.pid, 15, 'process');
  await child.exited;
  assert.equal(processes.signal(child.child.pid, 15, 'group'), 'sent');
  await empty;
  assert.deepEqual(order, ['exited', 'left', 'exited', 'empty']);
});

test('who is no longer watched is nobody to be signalled, and orphans go to init again', async () => {
  const child = record(processes, shell(LEAVES_ONE));
  await child.until('stdout', 'ready');
  const { pid } = child.child;
  const unwatch = processes.watchGroup(pid, {
    left: () => undefined,
    emptied: () => assert.fail('it was called off'),
  });
  processes.signal(pid, 15, 'process');
  await child.exited;
  assert.equal(processes.signal(pid, 10, 'group'), 'sent');
  unwatch();
  unwatch();
  assert.equal(processes.signal(pid, 9, 'group'), 'gone');
  assert.equal(isSubreaper(), false);
  await child.sealed;
});

test('pipes stay open for those who are waited for', async () => {
  const own = openProcesses(10);
  processes.close();
  const child = record(own, shell(LEAVES_ONE.replace('exit 0', 'sleep 0.2; echo late; exit 0')));
  await child.until('stdout', 'ready');
  const { pid } = child.child;
  const empty = new Promise<void>((done) => {
    own.watchGroup(pid, { left: () => undefined, emptied: done });
  });
  own.signal(pid, 15, 'process');
  await child.exited;
  own.signal(pid, 10, 'group');
  await empty;
  await child.sealed;
  assert.match(child.text('stdout'), /late\n$/);
  own.close();
});
