/**
 * The chaos matrix: pool A misbehaves in every way a listener can, pool B next to it must not notice, and no event
 * may be lost in either.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { needs } from '../peers.ts';
import { ChaosDaemon, type Pool } from './chaos-daemon.ts';
import type { Report } from './report-socket.ts';

const EVENTS = 15;

interface Misbehaviour {
  readonly name: string;
  /** Keys of A's section. */
  readonly keys?: string;
  /** What A's books and log must show when all is over. */
  readonly expect: Partial<Pool>;
  /** How often A's process was started; 1 unless said. */
  readonly starts?: number;
  readonly logged?: RegExp;
}

const recovered = { acknowledged: EVENTS, dropped: 0, dead_lettered: 0, queued: 0, in_flight: 0 };
const broken = { ...recovered, protocol_errors: 1 };

/** Those after which A hears of everything in the end. */
const CURABLE: readonly Misbehaviour[] = [
  {
    name: 'junk',
    expect: { ...broken, redelivered: 0 },
    starts: 2,
    logged: /was ACKNOWLEDGED: sent Traceback \(most recent call last\):\\n where READY\\n was expected/,
  },
  {
    name: 'bad-token',
    expect: { ...broken, redelivered: 1 },
    starts: 2,
    logged: /was BUSY: sent BANANA 2\\nOK/,
  },
  {
    name: 'hang',
    // Within this time every other event must be answered, or there is a second error.
    keys: 'ack_timeout=5',
    expect: { ...broken, redelivered: 1 },
    starts: 2,
    logged: /has not answered event \d+ \(REMOTE_COMMUNICATION\) for 5 s/,
  },
  { name: 'die', expect: { ...recovered, protocol_errors: 0, redelivered: 1 }, starts: 2 },
  { name: 'close-stdin', expect: broken, starts: 2, logged: /closed its stdin/ },
  { name: 'close-stdout', expect: { ...broken, redelivered: 1 }, starts: 2, logged: /closed its stdout/ },
  { name: 'slow', expect: { ...recovered, protocol_errors: 0, redelivered: 0 } },
  { name: 'bytes', expect: { ...recovered, protocol_errors: 0, redelivered: 0 } },
];

/** The healthy pool: remote events and all that happens to the worker, but nothing about A. */
function healthy(command: (behaviour: string) => string, behaviour = 'good'): string {
  return `[program:worker]
command=/bin/cat
autostart=false
startsecs=0
stdout_events_enabled=true

[eventlistener:B]
command=${command(behaviour)}
events=REMOTE_COMMUNICATION,PROCESS_STATE,PROCESS_LOG
programs=worker
startsecs=0
`;
}

function unhealthy(command: (behaviour: string) => string, behaviour: string, keys = ''): string {
  return `[eventlistener:A]
command=${command(behaviour)}
events=REMOTE_COMMUNICATION
startsecs=0
drain_timeout=1
${keys}

`;
}

/** The same for every run: remote events, and a worker that starts, speaks and stops between them. */
async function act(daemon: ChaosDaemon, pools: readonly string[]): Promise<void> {
  await daemon.until('READY', (reports) =>
    pools.every((pool) => reports.some(({ by, did }) => by === pool && did === 'ready')),
  );
  for (let n = 0; n < EVENTS; n++) {
    await daemon.call('supervisor.sendRemoteCommEvent', 'chaos', `event ${n}`);
    if (n === 4) await daemon.call('supervisor.startProcess', 'worker');
    if (n === 7) {
      await daemon.call('supervisor.sendProcessStdin', 'worker', 'hello\n');
      await daemon.until('the echo', heard('B', /hello/));
    }
    if (n === 10) await daemon.call('supervisor.stopProcess', 'worker');
  }
  await daemon.until('the last event', heard('B', new RegExp(`event ${EVENTS - 1}$`)));
}

function heard(pool: string, payload: RegExp): (reports: readonly Report[]) => boolean {
  return (reports) =>
    reports.some((report) => report.by === pool && report.did === 'ok' && payload.test(report.payload));
}

/** The events that A has answered so. */
function serials(reports: readonly Report[], did: Report['did']): ReadonlySet<number> {
  return new Set(reports.filter((each) => each.by === 'A' && each.did === did).map(({ serial }) => serial));
}

/** How many answers of this kind A has given. */
function count(reports: readonly Report[], did: Report['did']): number {
  return reports.filter((each) => each.by === 'A' && each.did === did).length;
}

/** What a pool heard, in its order; pids are as they come. */
function transcript(daemon: ChaosDaemon, pool: string): string[] {
  return daemon.reports
    .filter(({ by, did }) => by === pool && did === 'got')
    .map(({ name, payload }) => `${name} ${payload.replace(/\bpid:[1-9]\d*/, 'pid:N')}`);
}

/** How often a process has been started. */
function starts(daemon: ChaosDaemon, name: string): number {
  return daemon.log().split(`spawned: '${name}'`).length - 1;
}

async function run<T>(
  sections: (command: (behaviour: string) => string) => string,
  play: (daemon: ChaosDaemon) => Promise<T>,
): Promise<T> {
  const daemon = await ChaosDaemon.start(sections);
  try {
    return await play(daemon);
  } finally {
    await daemon.destroy();
  }
}

let alone: Promise<readonly string[]> | undefined;

/** B's transcript when there is no A. */
function undisturbed(): Promise<readonly string[]> {
  alone ??= run(
    (command) => healthy(command),
    async (daemon) => {
      await act(daemon, ['B']);
      return transcript(daemon, 'B');
    },
  );
  return alone;
}

/** B is as if there were no A, and the daemon is in good health. */
async function checkHealth(daemon: ChaosDaemon): Promise<void> {
  const b = await daemon.untilPool('B', ({ queued, in_flight }) => queued === 0 && in_flight === 0);
  assert.deepEqual(
    [b.acknowledged, b.dropped, b.redelivered, b.protocol_errors],
    [b.accepted, 0, 0, 0],
    JSON.stringify(b),
  );
  assert.deepEqual(transcript(daemon, 'B'), await undisturbed());
  assert.deepEqual(await daemon.call('supervisor.getState'), { statecode: 1, statename: 'RUNNING' });
  assert.doesNotMatch(daemon.log(), /a subscriber failed|unexpected exception/);
}

describe('a listener that misbehaves', { ...needs('python3'), concurrency: 2 }, () => {
  it('is missed by nobody: the transcript it must not change is not empty', async () => {
    const lines = await undisturbed();
    assert.equal(lines.filter((line) => line.startsWith('REMOTE_COMMUNICATION')).length, EVENTS);
    assert.deepEqual(
      lines.filter((line) => !line.startsWith('REMOTE_COMMUNICATION')).map((line) => line.split(' ')[0]),
      [
        'PROCESS_STATE_STARTING',
        'PROCESS_STATE_RUNNING',
        'PROCESS_LOG_STDOUT',
        'PROCESS_STATE_STOPPING',
        'PROCESS_STATE_STOPPED',
      ],
    );
  });

  for (const { name, keys, expect, starts: expectedStarts = 1, logged } of CURABLE) {
    it(`(${name}) hears of everything in the end, and disturbs nobody`, async () => {
      await run(
        (command) => unhealthy(command, name, keys) + healthy(command),
        async (daemon) => {
          await act(daemon, ['A', 'B']);
          await daemon.until('every event in A', (reports) => serials(reports, 'ok').size === EVENTS);
          const a = await daemon.untilPool('A', ({ acknowledged }) => acknowledged === EVENTS);
          assert.deepEqual(pick(a, expect), expect);
          assert.equal(starts(daemon, 'A'), expectedStarts);
          if (logged !== undefined) assert.match(daemon.log(), logged);
          await checkHealth(daemon);
          assert.equal(await daemon.shutdown(), 'status 0');
        },
      );
    });
  }

  for (const name of ['fail', 'empty']) {
    it(`(${name}) gets each event again after pauses, and disturbs nobody`, async () => {
      await run(
        (command) => unhealthy(command, name) + healthy(command),
        async (daemon) => {
          const begun = performance.now();
          await act(daemon, ['A', 'B']);
          // At once, at once again, after a second: then every event has been rejected three times.
          await daemon.until('three answers each', (reports) => count(reports, 'fail') >= 3 * EVENTS);
          const a = await daemon.untilPool('A', ({ rejected }) => rejected >= 3 * EVENTS);
          const seconds = (performance.now() - begun) / 1000;
          assert.deepEqual(pick(a, { accepted: 0, acknowledged: 0, dropped: 0, dead_lettered: 0 }), {
            accepted: EVENTS,
            acknowledged: 0,
            dropped: 0,
            dead_lettered: 0,
          });
          // The pauses are 0, 1, 2, 4, ... s: by now no event can have come again more often than this.
          const most = EVENTS * (2 + Math.floor(Math.log2(seconds + 1)));
          assert.ok(a.redelivered <= most, `${a.redelivered} redeliveries in ${seconds} s`);
          assert.equal(starts(daemon, 'A'), 1);
          await checkHealth(daemon);
          assert.equal(await daemon.shutdown(), 'status 0');
          assert.match(daemon.log(), new RegExp(`pool A ends with ${EVENTS} events not delivered`));
        },
      );
    });
  }

  it('(fail) is given up with max_deliver, and the dead letters are counted', async () => {
    await run(
      (command) => unhealthy(command, 'fail', 'max_deliver=2') + healthy(command),
      async (daemon) => {
        await act(daemon, ['A', 'B']);
        await daemon.until('two answers each', (reports) => count(reports, 'fail') >= 2 * EVENTS);
        const a = await daemon.untilPool('A', ({ dead_lettered }) => dead_lettered === EVENTS);
        assert.deepEqual([a.rejected, a.queued, a.in_flight], [2 * EVENTS, 0, 0]);
        await checkHealth(daemon);
        assert.equal(await daemon.shutdown(), 'status 0');
      },
    );
  });

  it(
    "(junk) is no trouble for a listener that is written with Supervisor's library",
    needs('supervisord'),
    async () => {
      await run(
        (command) => unhealthy(command, 'junk') + healthy(command, 'childutils'),
        async (daemon) => {
          await act(daemon, ['A', 'B']);
          await daemon.untilPool('A', ({ acknowledged }) => acknowledged === EVENTS);
          await checkHealth(daemon);
          assert.equal(await daemon.shutdown(), 'status 0');
        },
      );
    },
  );
});

/** The members of `pool` that `like` has. */
function pick(pool: Pool, like: Partial<Pool>): Partial<Pool> {
  const known = new Map(Object.entries(pool));
  return Object.fromEntries(Object.keys(like).map((key) => [key, known.get(key)]));
}
