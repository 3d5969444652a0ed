import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from '../contenders.ts';
import { sleepers, withDaemon } from '../harness.ts';
import { type Memory, readMemory } from '../proc.ts';
import type { Row } from '../row.ts';

const PROGRAMS = 200;
const SETTLE_MS = 2000;

/** Memory of the daemon's own process, some time after it has started what it has to start. */
export const memory: Row = {
  name: 'memory',
  summary: `memory of the daemon, empty and with ${PROGRAMS} programs`,
  figures: [
    { title: 'RSS, no programs', from: 'emptyRss', take: 'median', unit: 'MB' },
    { title: 'PSS, no programs', from: 'emptyPss', take: 'median', unit: 'MB' },
    {
      title: `RSS, ${PROGRAMS} programs`,
      from: 'fullRss',
      take: 'median',
      unit: 'MB',
      target: 'Herald <= 60 MB',
    },
    { title: `PSS, ${PROGRAMS} programs`, from: 'fullPss', take: 'median', unit: 'MB' },
  ],
  steps: [
    async (contender) => {
      const { rss, pss } = await settledMemory(contender, 0);
      return { emptyRss: [rss], emptyPss: [pss] };
    },
    async (contender) => {
      const { rss, pss } = await settledMemory(contender, PROGRAMS);
      return { fullRss: [rss], fullPss: [pss] };
    },
  ],
};

function settledMemory(contender: Contender, programs: number): Promise<Memory> {
  return withDaemon(
    contender,
    () => (programs === 0 ? '' : sleepers(programs)),
    async (daemon) => {
      await daemon.log.running(programs);
      await delay(SETTLE_MS);
      return await readMemory(daemon.pid);
    },
  );
}
