import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RejectedResult, type ResultPolicy } from '../../src/dispatch/result-policy.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { FakeHost } from './fake-host.ts';
import { daemonConfig, pool } from './scene.ts';

/** A supervisor whose only pool takes answers by this policy; its listener has an event and answers `result`. */
function answered(policy: ResultPolicy, result: string) {
  const host = new FakeHost();
  const supervisor = new Supervisor(daemonConfig([pool('ear', { maxDeliver: 1 })]), {
    host,
    log: host.log,
    pid: 1,
    environment: new Map(),
    serverUrl: undefined,
    reload: () => assert.fail('nobody asks for it'),
    mainLogfile: undefined,
    clearMainLog: () => undefined,
    resultPolicy: ({ resultHandler }) => {
      assert.match(resultHandler, /default_handler/);
      return policy;
    },
  });
  supervisor.start();
  const child = host.child('ear');
  child.out('READY\n');
  supervisor.sendRemoteCommEvent('t', 'data');
  child.out(`RESULT ${result.length}\n${result}`);
  const books = supervisor.groups.get('ear')?.pool?.counters();
  return { acknowledged: books?.acknowledged, buried: books?.deadLettered, log: host.log.take() };
}

test('the policy sees the event and the answer, and takes what it does not throw at', () => {
  const seen: unknown[] = [];
  const { acknowledged } = answered(({ name, text }, result) => {
    seen.push(name, text, new TextDecoder().decode(result));
  }, 'whatever');
  assert.equal(acknowledged, 1);
  assert.deepEqual(seen, ['REMOTE_COMMUNICATION', 'type:t\ndata', 'whatever']);
});

test('what it throws is a rejection; a reason that is no plain rejection is told', () => {
  const plain = answered(() => {
    throw new RejectedResult('no');
  }, 'OK');
  assert.deepEqual([plain.acknowledged, plain.buried], [0, 1]);
  assert.ok(!plain.log.some((line) => line.includes('caused an error')));
  const broken = answered(() => {
    throw new TypeError('oops');
  }, 'OK');
  assert.equal(broken.buried, 1);
  assert.ok(broken.log.includes('warn ear: event caused an error in the result handler: oops'));
});
