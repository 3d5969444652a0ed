/** Whoever embeds a supervisor may ask for anything in the middle of an event: what is asked for may come too late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SpawnError } from '../../src/supervisor/ports.ts';
import type { ProcessActor } from '../../src/supervisor/process-actor.ts';
import { program, Scene } from './scene.ts';

const REQUESTS = ['start', 'stop', 'bounce', 'signal', 'nothing'] as const;
const HAPPENINGS = ['start', 'stop', 'time', 'exit', 'spawns fail', 'signals fail', 'all is well'] as const;

function ask(actor: ProcessActor, request: (typeof REQUESTS)[number]): void {
  switch (request) {
    case 'start':
      actor.start();
      return;
    case 'stop':
      actor.stop();
      return;
    case 'bounce':
      actor.bounce();
      return;
    case 'signal':
      actor.signal(10);
      return;
    case 'nothing':
  }
}

function happen(scene: Scene, what: (typeof HAPPENINGS)[number]): void {
  const { processes } = scene.host;
  switch (what) {
    case 'start':
      scene.process('p').start();
      return;
    case 'stop':
      scene.process('p').stop();
      return;
    case 'time':
      scene.advance(1000);
      return;
    case 'exit':
      processes.children.find(({ alive }) => alive)?.exit(1);
      return;
    case 'spawns fail':
      processes.failures.push(new SpawnError('process', 'EAGAIN', 'no more processes'));
      return;
    case 'signals fail':
      processes.outcome = Object.assign(new Error('EPERM: not permitted'), { code: 'EPERM' });
      return;
    case 'all is well':
      processes.outcome = 'sent';
  }
}

test('requests in the middle of events are done or come to nothing, and there is one run at most', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...HAPPENINGS), { minLength: 1, maxLength: 25 }),
      fc.array(fc.array(fc.constantFrom(...REQUESTS), { maxLength: 3 }), { maxLength: 25 }),
      fc.record({ startsecs: fc.nat(1), startretries: fc.nat(1), killasgroup: fc.boolean() }),
      (happenings, answers, options) => {
        const scene = new Scene([program('p', { ...options, autostart: false })]);
        const actor = scene.start().process('p');
        const left = answers.values();
        scene.supervisor.bus.subscribe(['PROCESS_STATE'], () => {
          for (const request of left.next().value ?? []) ask(actor, request);
        });
        for (const happening of happenings) happen(scene, happening);
        const alive = scene.host.processes.children.filter((child) => child.alive).map(({ pid }) => pid);
        assert.deepEqual(alive, actor.pid === 0 ? [] : [actor.pid]);
        const failures = scene.host.log.lines.filter((line) => line.startsWith('error'));
        assert.deepEqual(failures, []);
      },
    ),
    { numRuns: 300 },
  );
});
