/**
 * Listeners that do whatever comes to mind, against a pool on the fake host. After every step the books are
 * balanced (the scene looks), and in the end every event was settled exactly once: acknowledged by a listener,
 * given up, dropped for lack of room, or dropped with the pool.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BusEvent } from '../../src/bus/event-bus.ts';
import type { FakeChild } from './fake-host.ts';
import { FAIL, framesOf, OK, pool, Scene } from './scene.ts';

const NAMES = ['a', 'b'] as const;

const options = fc.record({
  prefetch: fc.integer({ min: 1, max: 4 }),
  bufferSize: fc.integer({ min: 1, max: 6 }),
  maxDeliver: fc.integer({ min: 0, max: 3 }),
  ackTimeout: fc.constantFrom(0, 3),
  protocolError: fc.constantFrom('restart' as const, 'ignore' as const),
});

const deed = fc.oneof(
  { weight: 5, arbitrary: fc.constant('send' as const) },
  { weight: 8, arbitrary: fc.constant('answer' as const) },
  { weight: 4, arbitrary: fc.constant('ready' as const) },
  { weight: 3, arbitrary: fc.constant('reject' as const) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('junk', 'exit', 'close stdin', 'close stdout', 'stop', 'start', 'crumb'),
  },
);
const step = fc.record({
  deed,
  who: fc.constantFrom(...NAMES),
  pause: fc.constantFrom(0, 0, 0, 1, 500, 4000),
});

/** What one run of a listener has been given and has not answered. */
class Puppet {
  readonly #child: FakeChild;
  readonly #settled: (serial: number) => void;
  #waiting: number[] = [];

  constructor(child: FakeChild, settled: (serial: number) => void) {
    this.#child = child;
    this.#settled = settled;
  }

  get alive(): boolean {
    return this.#child.alive;
  }

  say(text: string): void {
    this.#child.out(text);
  }

  answer(ok: boolean): void {
    for (const { tokens } of framesOf(this.#child.take())) this.#waiting.push(Number(tokens.get('serial')));
    const serial = this.#waiting.shift();
    if (serial === undefined) return;
    if (ok) this.#settled(serial);
    this.#child.out(ok ? OK : FAIL);
    this.#child.out('READY\n');
  }
}

test('whatever listeners do, every event is settled exactly once', () => {
  fc.assert(
    fc.property(options, fc.array(step, { maxLength: 120 }), (config, story) => {
      const scene = new Scene([
        pool('P', { ...config, processes: [...NAMES], process: { autorestart: 'always' } }),
      ]);
      const lost: number[] = [];
      const answered: number[] = [];
      const collect = ({ payload }: BusEvent<'HERALD_POOL_DROPPED'>): void => {
        if (payload.cause !== 'shutdown') lost.push(payload.first);
      };
      scene.supervisor.bus.subscribe(['HERALD_POOL_DROPPED'], collect);
      scene.start();
      const view = scene.pool('P');
      let puppets = new Map<string, { child: FakeChild; puppet: Puppet }>();
      const puppetOf = (name: string): Puppet => {
        const child = scene.child(name);
        const known = puppets.get(name);
        if (known?.child === child) return known.puppet;
        const puppet = new Puppet(child, (serial) => {
          pending = { serial, count: view.counters().acknowledged };
        });
        puppets = new Map(puppets).set(name, { child, puppet });
        return puppet;
      };
      // An OK counts when the daemon has taken it: a listener that has broken the protocol is not heard.
      let pending: { serial: number; count: number } | undefined;
      const note = (): void => {
        if (pending !== undefined && view.counters().acknowledged > pending.count)
          answered.push(pending.serial);
        pending = undefined;
      };
      for (const { deed: what, who, pause } of story) {
        const child = scene.child(who);
        const puppet = puppetOf(who);
        const actor = scene.process(who, 'P');
        if (what === 'send') scene.send('x');
        else if (what === 'start') actor.start();
        else if (!child.alive) continue;
        else if (what === 'stop') actor.stop();
        else if (what === 'exit') child.exit(1);
        else if (what === 'close stdin') child.stdinOpen = false;
        else if (what === 'close stdout') child.seal('stdout');
        else if (!isOpen(child)) continue;
        else if (what === 'answer') puppet.answer(true);
        else if (what === 'reject') puppet.answer(false);
        else if (what === 'ready') puppet.say('READY\n');
        else if (what === 'crumb') puppet.say('R');
        else puppet.say('junk\n');
        note();
        scene.checkBooks();
        // Whom the supervisor has asked to stop does so.
        if (child.alive && actor.state === 'STOPPING') child.die(15);
        scene.advance(pause);
        const now = scene.child(who);
        if (now.alive && actor.state === 'STOPPING') now.die(15);
      }
      for (const name of NAMES) {
        scene.process(name, 'P').stop();
        if (scene.child(name).alive) scene.child(name).die(15);
      }
      const left = view.counters().queued;
      assert.equal(scene.supervisor.removeGroup('P'), 'removed');
      const { accepted, acknowledged, deadLettered, dropped, queued, inFlight } = view.counters();
      assert.deepEqual([queued, inFlight], [0, 0]);
      assert.equal(accepted, acknowledged + deadLettered + dropped);
      assert.equal(new Set(answered).size, answered.length, 'acknowledged twice');
      assert.equal(answered.length, acknowledged);
      assert.equal(lost.length, deadLettered + dropped - left);
      assert.equal(new Set([...answered, ...lost]).size, answered.length + lost.length, 'settled twice');
      assert.equal(scene.host.clock.live, 0, 'timers that are still armed');
    }),
    { numRuns: 300 },
  );
});

/** Whether the child can still write to its stdout. */
function isOpen(child: FakeChild): boolean {
  return child.channels.has('stdout');
}
