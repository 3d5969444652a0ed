import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EventBus } from '../../src/bus/event-bus.ts';
import { Ticks } from '../../src/supervisor/ticks.ts';
import { EPOCH, FakeClock } from './fake-host.ts';

function setUp() {
  const clock = new FakeClock();
  const bus = new EventBus({
    now: () => clock.wall(),
    onSubscriberError: (error) => {
      throw error;
    },
  });
  const ticks = new Ticks(bus, clock);
  const seen: string[] = [];
  const listen = (...names: readonly ('TICK' | 'TICK_5' | 'TICK_60' | 'TICK_3600')[]) =>
    bus.subscribe(names, ({ name, payload }) => seen.push(`${name} ${payload.when - EPOCH / 1000}`));
  return { clock, bus, ticks, seen, listen, take: () => seen.splice(0) };
}

describe('ticks', () => {
  it('need no timer while nobody listens to them', () => {
    const { clock, bus, ticks, listen } = setUp();
    bus.subscribe(['PROCESS_STATE'], () => {});
    assert.equal(clock.live, 0);
    const leave = listen('TICK_60');
    assert.equal(clock.live, 1);
    const other = listen('TICK_5');
    assert.equal(clock.live, 1);
    leave();
    assert.equal(clock.live, 1);
    other();
    assert.equal(clock.live, 0);
    ticks.close();
  });

  it('come at the boundaries of the wall clock, with the boundary as their time', () => {
    const { clock, ticks, take, listen } = setUp();
    clock.advance(2300);
    listen('TICK_5', 'TICK_60');
    assert.deepEqual(take(), []);
    clock.advance(2710);
    assert.deepEqual(take(), ['TICK_5 5']);
    clock.advance(35_000);
    assert.deepEqual(take(), [
      'TICK_5 10',
      'TICK_5 15',
      'TICK_5 20',
      'TICK_5 25',
      'TICK_5 30',
      'TICK_5 35',
      'TICK_5 40',
      'TICK_60 40',
    ]);
    ticks.close();
    assert.equal(clock.live, 0);
  });

  it('come once an hour', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK_3600');
    clock.advance(3_600_000);
    assert.deepEqual(take(), ['TICK_3600 2800']);
    ticks.close();
  });

  it('that were missed when the clock jumped ahead are not made up for', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK');
    clock.setWall(EPOCH + 7_200_000);
    clock.advance(5001);
    assert.deepEqual(take(), ['TICK_5 7205', 'TICK_60 7180', 'TICK_3600 6400']);
    ticks.close();
  });

  it('come when the clock was set back, too, and then at the new boundaries', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK_5');
    clock.setWall(EPOCH - 100_000);
    clock.advance(5001);
    assert.deepEqual(take(), ['TICK_5 -95']);
    clock.advance(5002);
    assert.deepEqual(take(), ['TICK_5 -90']);
    ticks.close();
  });

  it('notice within a minute that an hour has come early', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK_3600');
    clock.setWall(EPOCH + 2_800_000);
    clock.advance(60_000);
    assert.deepEqual(take(), ['TICK_3600 2800']);
    ticks.close();
  });

  it('begin anew for who comes back', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK_5')();
    clock.advance(60_000);
    listen('TICK_5');
    clock.advance(4000);
    assert.deepEqual(take(), []);
    clock.advance(1001);
    assert.deepEqual(take(), ['TICK_5 65']);
    ticks.close();
  });

  it('stop with the supervisor', () => {
    const { clock, ticks, take, listen } = setUp();
    listen('TICK');
    ticks.close();
    listen('TICK_5');
    assert.equal(clock.live, 0);
    clock.advance(100_000);
    assert.deepEqual(take(), []);
  });
});
