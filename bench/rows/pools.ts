import { drainQueues } from '../event-drain.ts';
import type { Row, Step } from '../row.ts';

const POOLS = 10;
const QUEUED = 1_000;
const BATCHES = 5;
const PREFETCHES = [1, 16, 256] as const;

/** As the row `events`, with ten pools that all get every event; the figure counts deliveries to all of them. */
export const pools: Row = {
  name: 'pools',
  summary: `deliveries per second to ${POOLS} raw Python listeners, each in a pool of its own`,
  figures: PREFETCHES.map((prefetch) => ({
    title: `${POOLS} pools, raw listeners, prefetch ${prefetch}`,
    from: `prefetch ${prefetch}`,
    take: 'median',
    unit: '/s',
  })),
  steps: PREFETCHES.map((prefetch): Step => {
    return async (contender, { quick, python }) => {
      const batches = quick ? 1 : BATCHES;
      const drain = {
        pools: POOLS,
        queued: QUEUED,
        batches,
        listener: 'raw_listener.py',
        prefetch,
        python,
      } as const;
      return { [`prefetch ${prefetch}`]: (await drainQueues(contender, drain)).perSecond };
    };
  }),
};
