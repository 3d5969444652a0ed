import type { Row } from '../row.ts';
import { config } from './config.ts';
import { crash } from './crash.ts';
import { events } from './events.ts';
import { idle } from './idle.ts';
import { log } from './log.ts';
import { log50 } from './log50.ts';
import { memory } from './memory.ts';
import { pools } from './pools.ts';
import { remoteEvent } from './remote-event.ts';
import { rpc } from './rpc.ts';
import { scale } from './scale.ts';
import { start } from './start.ts';

/** All rows, in the order in which they run. */
export const ROWS: readonly Row[] = [
  start,
  config,
  crash,
  remoteEvent,
  events,
  pools,
  rpc,
  log,
  log50,
  memory,
  scale,
  idle,
];
