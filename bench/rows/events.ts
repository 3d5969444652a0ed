import { type Drain, drainQueues } from '../event-drain.ts';
import type { Figure, Row, Step } from '../row.ts';

const SHORT_QUEUE = 2_000;
const LONG_QUEUE = 20_000;
const SHORT_BATCHES = 10;
const QUICK_BATCHES = 3;

interface Variant {
  readonly style: 'raw' | 'childutils';
  readonly prefetch: number;
  readonly queued: number;
  readonly target?: string;
}

/**
 * The queue's length is part of the work: supervisord takes events from the front of a Python list, which costs more
 * the longer the list is, so a long queue alone would make it look slower than it usually is.
 */
const VARIANTS: readonly Variant[] = [
  { style: 'raw', prefetch: 1, queued: SHORT_QUEUE, target: '>= 1.2x' },
  { style: 'raw', prefetch: 16, queued: SHORT_QUEUE },
  { style: 'raw', prefetch: 256, queued: SHORT_QUEUE, target: '>= 8x' },
  { style: 'childutils', prefetch: 1, queued: SHORT_QUEUE, target: '>= 1.2x' },
  { style: 'childutils', prefetch: 16, queued: SHORT_QUEUE },
  { style: 'childutils', prefetch: 256, queued: SHORT_QUEUE, target: '>= 8x' },
  { style: 'raw', prefetch: 1, queued: LONG_QUEUE, target: '>= 1.2x' },
  { style: 'raw', prefetch: 256, queued: LONG_QUEUE, target: '>= 8x' },
];

const LISTENERS: Readonly<Record<Variant['style'], Drain['listener']>> = {
  raw: 'raw_listener.py',
  childutils: 'childutils_listener.py',
};

/** Events per second to one listener process, in two styles of Python, with more and more events in flight. */
export const events: Row = {
  name: 'events',
  summary: 'events per second to one Python listener, prefetch 1, 16 and 256',
  figures: [...VARIANTS.map(rateFigure), ...VARIANTS.filter(({ style }) => style === 'raw').map(cpuFigure)],
  steps: VARIANTS.map(stepOf),
};

function stepOf(variant: Variant): Step {
  const { style, prefetch, queued } = variant;
  const title = titleOf(variant);
  return async (contender, { quick, python }) => {
    const shortBatches = quick ? QUICK_BATCHES : SHORT_BATCHES;
    const batches = queued === LONG_QUEUE ? 1 : shortBatches;
    const drain = { pools: 1, queued, batches, listener: LISTENERS[style], prefetch, python };
    const { perSecond, cpuPerEvent } = await drainQueues(contender, drain);
    return { [title]: perSecond, [`${title}, CPU`]: cpuPerEvent };
  };
}

function titleOf({ style, prefetch, queued }: Variant): string {
  return `${style} listener, prefetch ${prefetch}, ${queued.toLocaleString('en-US')} queued`;
}

function rateFigure(variant: Variant): Figure {
  const { target } = variant;
  const title = titleOf(variant);
  return { title, from: title, take: 'median', unit: '/s', ...(target === undefined ? {} : { target }) };
}

function cpuFigure(variant: Variant): Figure {
  const title = `${titleOf(variant)}, CPU`;
  return { title: `${title} of the daemon per event`, from: title, take: 'median', unit: 'us' };
}
