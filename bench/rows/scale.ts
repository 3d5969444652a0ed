import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders.ts';
import { type Daemon, elapsedMs, fixture, sleepers, withDaemon } from '../harness.ts';
import { readMemory } from '../proc.ts';
import type { Figure, Row, Samples } from '../row.ts';
import { encodeCall, RpcSocket } from '../rpc-socket.ts';

const SIZES = [500, 1000, 2000] as const;
/** They stand in the places of the larger ones. */
const QUICK_SIZES = [50, 100, 200] as const;
const SETTLE_MS = 2000;
const IDLE_MS = 3000;
const PATIENCE_MS = 120_000;

/** Parts of a daemon's life, as the preloaded fixture tells them apart. */
const PARTS = ['load', 'start', 'idle', 'stop'] as const;

/**
 * Thousands of small programs, each a group of its own: started, watched, stopped. Both daemons are asked all the
 * time, which makes supervisord's loop no slower than it is; the longest answer says for how long nobody was heard.
 */
export const scale: Row = {
  name: 'scale',
  summary: `${SIZES.map((size) => size.toLocaleString('en-US')).join(', ')} programs: started, watched, stopped`,
  figures: [
    ...SIZES.map(
      (size): Figure => ({
        title: `start of ${size.toLocaleString('en-US')}, per program`,
        from: `start ${size}`,
        take: 'median',
        unit: 'ms',
        target: 'the same for each number',
      }),
    ),
    ...SIZES.map(
      (size): Figure => ({
        title: `SIGTERM to the end of ${size.toLocaleString('en-US')}, per program`,
        from: `stop ${size}`,
        take: 'median',
        unit: 'ms',
      }),
    ),
    { title: 'RSS per program', from: 'rss', take: 'median', unit: 'KB', target: 'Herald < 30 KB' },
    { title: 'longest getState at the start', from: 'wait start', take: 'median', unit: 'ms' },
    { title: 'longest getState at the stop', from: 'wait stop', take: 'median', unit: 'ms' },
    ...PARTS.map((part): Figure => {
      const title =
        part === 'load' ? 'longest loop delay before the first spawn' : `longest loop delay, ${part}`;
      const target = part === 'load' ? {} : { target: '< 50 ms' };
      return { title, from: `loop ${part}`, take: 'median', unit: 'ms', only: 'herald', ...target };
    }),
  ],
  steps: [
    async (contender, { quick }) => {
      const sizes = quick ? QUICK_SIZES : SIZES;
      const lives: Life[] = [];
      for (const programs of sizes) lives.push(await live(contender, programs));
      return samplesOf(lives);
    },
  ],
};

interface Life {
  readonly programs: number;
  readonly startMs: number;
  readonly stopMs: number;
  readonly rssKb: number;
  /** The longest answer to getState. */
  readonly wait: { readonly start: number; readonly stop: number };
  /** By {@link PARTS}; none for a daemon that is not Node. */
  readonly loopDelays: readonly number[];
}

/** The smallest and the largest number of programs give the memory of one, the largest gives the delays. */
function samplesOf(lives: readonly Life[]): Samples {
  const [least] = lives;
  const most = lives.at(-1);
  if (least === undefined || most === undefined) throw new Error('nothing was measured');
  const perProgram = lives.flatMap((life, nth) => {
    const { programs, startMs, stopMs } = life;
    return [
      [`start ${SIZES[nth]}`, [startMs / programs]],
      [`stop ${SIZES[nth]}`, [stopMs / programs]],
    ];
  });
  return {
    ...Object.fromEntries(perProgram),
    rss: [(most.rssKb - least.rssKb) / (most.programs - least.programs)],
    'wait start': [most.wait.start],
    'wait stop': [most.wait.stop],
    ...Object.fromEntries(most.loopDelays.map((longest, nth) => [`loop ${PARTS[nth]}`, [longest]] as const)),
  };
}

function live(contender: Contender, programs: number): Promise<Life> {
  const environment = (dir: string) => ({
    NODE_OPTIONS: `--import=${fixture('loop-delay.mjs')}`,
    BENCH_LOOP_DELAY: delaysFile(dir),
  });
  return withDaemon(
    contender,
    () => programSections(programs),
    (daemon) => liveThrough(daemon, programs),
    { awaitSocket: false, environment },
  );
}

async function liveThrough(daemon: Daemon, programs: number): Promise<Life> {
  const nextPart = () => process.kill(daemon.pid, 'SIGURG');
  const first = await daemon.log.line(/ spawned: /, PATIENCE_MS);
  nextPart();
  const starting = new AbortController();
  const startWait = longestAnswer(daemon, starting.signal);
  await daemon.log.running(programs, PATIENCE_MS);
  const startMs = elapsedMs(first.at, process.hrtime.bigint());
  starting.abort();
  const start = await startWait;
  await delay(SETTLE_MS);
  nextPart();
  await delay(IDLE_MS);
  const { rss } = await readMemory(daemon.pid);
  nextPart();
  const stopWait = longestAnswer(daemon);
  const asked = process.hrtime.bigint();
  process.kill(daemon.pid, 'SIGTERM');
  await daemon.ended;
  const stopMs = elapsedMs(asked, process.hrtime.bigint());
  const stop = await stopWait;
  const loopDelays = await readDelays(daemon.dir);
  return { programs, startMs, stopMs, rssKb: rss * 1024, wait: { start, stop }, loopDelays };
}

/** Asks until `done`, or until the daemon has gone, and gives the longest time that an answer took. */
async function longestAnswer(daemon: Daemon, done?: AbortSignal): Promise<number> {
  const request = encodeCall('supervisor.getState');
  let longest = 0;
  try {
    const rpc = await RpcSocket.connect(daemon.socketPath);
    while (done?.aborted !== true) {
      const asked = performance.now();
      await rpc.exchange(request);
      longest = Math.max(longest, performance.now() - asked);
      await delay(5);
    }
    rpc.close();
  } catch (error) {
    // A daemon that ends closes its connections; at any other time that is a failure.
    if (done !== undefined) throw error;
  }
  return longest;
}

async function readDelays(dir: string): Promise<number[]> {
  try {
    return (await readFile(delaysFile(dir), 'utf8')).trim().split('\n').map(Number);
  } catch {
    // Not a Node program.
    return [];
  }
}

function delaysFile(dir: string): string {
  return path.join(dir, 'loop-delays');
}

/** Three descriptors for each program and some more: the limit has to allow for that. */
function programSections(programs: number): string {
  const sections = Array.from({ length: programs }, (_, nth) =>
    sleepers(1).replace('[program:sleeper]', `[program:sleeper${nth}]`),
  );
  return `
[supervisord]
minfds=${programs * 3 + 1024}
${sections.join('')}`;
}
