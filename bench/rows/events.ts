import type { Contender } from '../contenders.ts';
import { type Drain, drainedPerSecond } from '../event-drain.ts';
import type { Figure, Row, Setting } from '../row.ts';

const EVENTS = 20_000;
const PREFETCHES = [1, 16, 256] as const;
const LISTENERS = { raw: 'raw_listener.py', childutils: 'childutils_listener.py' } as const;
const TARGETS: Readonly<Record<string, string>> = { 'raw 1': '>= 1.2x', 'raw 256': '>= 8x' };

interface Variant {
  readonly key: string;
  readonly listener: Drain['listener'];
  readonly prefetch: number;
}

const VARIANTS: readonly Variant[] = Object.entries(LISTENERS).flatMap(([style, listener]) =>
  PREFETCHES.map((prefetch) => ({ key: `${style} ${prefetch}`, listener, prefetch })),
);

/** Events per second to one listener process, in two styles of Python, with more and more events in flight. */
export const events: Row = {
  name: 'events',
  summary: 'events per second to one Python listener, prefetch 1, 16 and 256',
  figures: VARIANTS.map(figure),
  measure: async (contender, setting) => {
    const samples: Record<string, number[]> = {};
    for (const variant of VARIANTS)
      samples[variant.key] = [await measureVariant(contender, variant, setting)];
    return samples;
  },
};

function measureVariant(contender: Contender, variant: Variant, setting: Setting): Promise<number> {
  const { listener, prefetch } = variant;
  const count = setting.quick ? EVENTS / 10 : EVENTS;
  return drainedPerSecond(contender, { pools: 1, events: count, listener, prefetch, python: setting.python });
}

function figure({ key, listener, prefetch }: Variant): Figure {
  const style = listener === LISTENERS.raw ? 'raw' : 'childutils';
  const target = TARGETS[key];
  const title = `${style} listener, prefetch ${prefetch}`;
  return { title, from: key, take: 'median', unit: '/s', ...(target === undefined ? {} : { target }) };
}
