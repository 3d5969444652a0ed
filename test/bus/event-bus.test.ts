import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { firstValueFrom, map, mergeMap, of, share } from 'rxjs';
import { type BusEvent, EventBus } from '../../src/bus/event-bus.ts';
import type { EventName } from '../../src/catalogue/generated.ts';

function makeBus(firstSerial?: number) {
  const failures: string[] = [];
  let now = 1000;
  const bus = new EventBus({
    now: () => now++,
    onSubscriberError: (error, event) => failures.push(`${event?.name} ${(error as Error).message}`),
    ...(firstSerial === undefined ? {} : { firstSerial }),
  });
  const send = (data: string): void => bus.publish('REMOTE_COMMUNICATION', { type: 't', data });
  return { bus, failures, send };
}

const dataOf = (event: BusEvent): string => ('data' in event.payload ? event.payload.data : event.name);

describe('publishing', () => {
  it('gives all events to all subscribers in one order, though a subscriber publishes', () => {
    const { bus, send } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => {
      seen.push(`a${event.payload.data}`);
      if (event.payload.data === '1') {
        send('2');
        send('3');
        seen.push('a returns');
      }
    });
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => seen.push(`b${event.payload.data}`));
    send('1');
    assert.deepEqual(seen, ['a1', 'a returns', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });

  it('stamps an event when it is published, not when it is delivered', () => {
    const { bus, send } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => {
      seen.push(`${event.payload.data} serial ${event.serial} at ${event.at}`);
      if (event.payload.data === '1') send('2');
    });
    send('1');
    assert.deepEqual(seen, ['1 serial 0 at 1000', '2 serial 1 at 1001']);
  });

  it('gives serials only to what somebody wants', () => {
    const { bus, send } = makeBus();
    const serials: number[] = [];
    bus.publish('TICK_5', { when: 5 });
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => serials.push(event.serial));
    bus.publish('TICK_5', { when: 10 });
    send('x');
    bus.publish('TICK_5', { when: 15 });
    send('y');
    assert.deepEqual(serials, [0, 1]);
    assert.equal(bus.nextSerial, 2);
  });

  it('goes on with the serials of an earlier life', () => {
    const { bus, send } = makeBus(7);
    const serials: number[] = [];
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => serials.push(event.serial));
    send('x');
    assert.deepEqual(serials, [7]);
  });

  it('fixes payload and text, and hands on what is extra', () => {
    const { bus } = makeBus();
    const seen: BusEvent[] = [];
    bus.subscribe(['PROCESS_STATE'], (event) => seen.push(event));
    bus.publish(
      'PROCESS_STATE_RUNNING',
      { processname: 'p', groupname: 'g', from_state: 'STARTING', pid: 3 },
      { exitstatus: 4 },
    );
    const [event] = seen;
    assert.equal(event?.text, 'processname:p groupname:g from_state:STARTING pid:3');
    assert.deepEqual(event?.extra, { exitstatus: 4 });
  });

  it('keeps nothing of a burst', () => {
    const { bus, send } = makeBus();
    let seen = 0;
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => {
      if (event.payload.data === 'first') for (let n = 0; n < 50_000; n++) send('x');
      seen++;
    });
    send('first');
    assert.equal(seen, 50_001);
  });
});

describe('subscribers', () => {
  it('are isolated: one that throws costs the others nothing, and stays subscribed', () => {
    const { bus, failures, send } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['REMOTE_COMMUNICATION'], () => {
      throw new Error('broken');
    });
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => seen.push(event.payload.data));
    send('1');
    send('2');
    assert.deepEqual(seen, ['1', '2']);
    assert.deepEqual(failures, ['REMOTE_COMMUNICATION broken', 'REMOTE_COMMUNICATION broken']);
  });

  it('get an event once, however many of their names cover it', () => {
    const { bus } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['EVENT', 'TICK', 'TICK_5', 'TICK_5'], (event) => seen.push(event.name));
    bus.publish('TICK_5', { when: 5 });
    bus.publish('TICK_60', { when: 60 });
    assert.deepEqual(seen, ['TICK_5', 'TICK_60']);
  });

  it("of EVENT get none of Herald's own", () => {
    const { bus } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['EVENT'], (event) => seen.push(event.name));
    assert.equal(bus.wants('HERALD_POOL_DROPPED'), false);
    bus.subscribe(['HERALD_EVENT'], (event) => seen.push(`own ${event.name}`));
    bus.publish('HERALD_POOL_DROPPED', { pool: 'p', count: 1, first: 0, last: 0, cause: 'overflow' });
    assert.deepEqual(seen, ['own HERALD_POOL_DROPPED']);
  });

  it('that leave during a delivery get nothing any more, and others miss nothing', () => {
    const { bus, send } = makeBus();
    const seen: string[] = [];
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => {
      seen.push(`a${event.payload.data}`);
      leave();
    });
    const leave = bus.subscribe(['REMOTE_COMMUNICATION'], (event) => seen.push(`b${event.payload.data}`));
    bus.subscribe(['REMOTE_COMMUNICATION'], (event) => seen.push(`c${event.payload.data}`));
    send('1');
    leave();
    send('2');
    assert.deepEqual(seen, ['a1', 'c1', 'a2', 'c2']);
  });

  it('can leave themselves', () => {
    const { bus, send } = makeBus();
    const seen: string[] = [];
    const leave = bus.subscribe(['REMOTE_COMMUNICATION'], (event) => {
      seen.push(event.payload.data);
      leave();
    });
    send('1');
    send('2');
    assert.deepEqual(seen, ['1']);
    assert.equal(bus.wants('REMOTE_COMMUNICATION'), false);
  });
});

describe('the bus as observables', () => {
  it('subscribes while it is subscribed to', () => {
    const { bus, send } = makeBus();
    const seen: string[] = [];
    const stream = bus.events$('REMOTE_COMMUNICATION', 'TICK');
    assert.equal(bus.wants('TICK_5'), false);
    const subscription = stream.subscribe((event) => seen.push(dataOf(event)));
    send('1');
    bus.publish('TICK_5', { when: 5 });
    subscription.unsubscribe();
    send('2');
    assert.deepEqual(seen, ['1', 'TICK_5']);
    assert.equal(bus.wants('TICK_5'), false);
  });

  it('reports what an observer throws or rejects with, and keeps it', async () => {
    const { bus, failures, send } = makeBus();
    const seen: string[] = [];
    const remote$ = bus.events$('REMOTE_COMMUNICATION');
    remote$.subscribe(({ payload }) => {
      throw new Error(`function ${payload.data}`);
    });
    const observer = {
      prefix: 'method',
      next({ payload }: { payload: { data: string } }) {
        throw new Error(`${this.prefix} ${payload.data}`);
      },
    };
    remote$.subscribe(observer);
    remote$.subscribe(async ({ payload }) => {
      throw new Error(`async ${payload.data}`);
    });
    remote$.subscribe((event) => seen.push(dataOf(event)));
    send('1');
    send('2');
    await new Promise(setImmediate);
    assert.deepEqual(seen, ['1', '2']);
    assert.deepEqual(failures, [
      'REMOTE_COMMUNICATION function 1',
      'REMOTE_COMMUNICATION method 1',
      'REMOTE_COMMUNICATION function 2',
      'REMOTE_COMMUNICATION method 2',
      'REMOTE_COMMUNICATION async 1',
      'REMOTE_COMMUNICATION async 2',
    ]);
  });

  it('guards what is piped: an operator that throws ends its own subscription only', () => {
    const { bus, failures, send } = makeBus();
    const seen: string[] = [];
    const data$ = bus.events$('REMOTE_COMMUNICATION').pipe(
      mergeMap((event) => of(dataOf(event))),
      share(),
    );
    const broken$ = data$.pipe(
      map((data): string => {
        throw new Error(`operator ${data}`);
      }),
    );
    broken$.subscribe((data) => seen.push(data));
    broken$.subscribe({ error: (error: Error) => seen.push(`handled ${error.message}`) });
    data$.subscribe((data) => {
      throw new Error(`behind ${data}`);
    });
    data$.subscribe((data) => seen.push(data));
    send('1');
    send('2');
    assert.deepEqual(seen, ['handled operator 1', '1', '2']);
    assert.deepEqual(failures, [
      'REMOTE_COMMUNICATION operator 1',
      'REMOTE_COMMUNICATION behind 1',
      'REMOTE_COMMUNICATION behind 2',
    ]);
  });

  it('gives promises their errors', async () => {
    const { bus, failures, send } = makeBus();
    const remote$ = bus.events$('REMOTE_COMMUNICATION');
    const fail = (): never => {
      throw new Error('mine');
    };
    const first = assert.rejects(firstValueFrom(remote$.pipe(map(fail))), /mine/);
    const each = assert.rejects(remote$.forEach(fail), /mine/);
    send('1');
    await Promise.all([first, each]);
    assert.deepEqual(failures, []);
    assert.equal(bus.wants('REMOTE_COMMUNICATION'), false);
  });

  it('tells of each change of demand, after it has happened', () => {
    const { bus } = makeBus();
    const wanted: boolean[] = [];
    const names: readonly EventName[] = ['TICK_5', 'TICK_60'];
    bus.demand$.subscribe(() => wanted.push(bus.wants('TICK_60')));
    const leave = bus.subscribe(names, () => {});
    const other = bus.subscribe(['TICK_5'], () => {});
    leave();
    other();
    assert.deepEqual(wanted, [true, true, false, false]);
  });
});
