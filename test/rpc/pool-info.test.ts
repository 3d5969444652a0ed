import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRpcDispatcher } from '../../src/rpc/dispatcher.ts';
import { OK, pool, program, Scene } from '../supervisor/scene.ts';

it('herald.getPools shows the books of each pool, and is not in the list that old clients compare', async () => {
  const scene = new Scene([
    program('p', { autostart: false }),
    pool('L', { processes: ['a', 'b'], bufferSize: 7 }),
  ]);
  scene.start().send('1', '2');
  scene.ready('a');
  scene.child('a').out(`${OK}READY\n`);
  const { files, log } = scene.host;
  const rpc = createRpcDispatcher(scene.supervisor, {
    log,
    bulk: scene.host.bulk,
    reader: files,
    version: '1',
    wall: () => 0,
  });
  assert.deepEqual(await rpc.call('herald.getPools', []), [
    {
      name: 'L',
      events: ['REMOTE_COMMUNICATION'],
      buffer_size: 7,
      accepted: 2,
      acknowledged: 1,
      dead_lettered: 0,
      dropped: 0,
      queued: 0,
      in_flight: 1,
      rejected: 0,
      redelivered: 0,
      protocol_errors: 0,
      listeners: [
        { process: 'a', state: 'BUSY', in_flight: 1 },
        { process: 'b', state: 'ACKNOWLEDGED', in_flight: 0 },
      ],
    },
  ]);
  const names = (await rpc.call('system.listMethods', [])) as string[];
  assert.ok(!names.includes('herald.getPools'));
  scene.supervisor.shutdown();
  // Whoever wants to see an alert must be able to ask while the daemon goes down, too.
  assert.equal(((await rpc.call('herald.getPools', [])) as unknown[]).length, 1);
});
