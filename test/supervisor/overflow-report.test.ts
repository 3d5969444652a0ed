import assert from 'node:assert/strict';
import { it } from 'node:test';
import { on, pool } from './scene.ts';

it(
  'a flood that is not over when the pool ends is summed up then',
  on([pool('L', { bufferSize: 1, process: { autostart: false } })], (scene) => {
    scene.start();
    for (let n = 0; n < 15; n++) scene.send('x');
    scene.host.log.take();
    scene.supervisor.removeGroup('L');
    assert.deepEqual(scene.host.log.take(), [
      'info pool L ends with 1 events not delivered',
      'error pool L event buffer overflowed, discarded 4 more events between 10 and 13 (L is ACKNOWLEDGED)',
    ]);
  }),
);
