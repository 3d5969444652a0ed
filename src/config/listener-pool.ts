/** What an `[eventlistener:x]` has besides its processes. */
import { isAnyEventName } from '../catalogue/events.ts';
import { ValueError } from './config-error.ts';
import { readListenerKeys } from './herald-keys.ts';
import type { Names } from './names.ts';
import type { OptionReader } from './option-reader.ts';
import { type ReadContext, readerOf } from './read-context.ts';
import { DEFAULT_HANDLER, parseResultHandler, showResultHandler } from './result-handlers.ts';
import type { HeraldConfig, PoolConfig } from './types.ts';
import { parseBoolean, parseInteger, parseList } from './values.ts';

/** Supervisor drops events when ten wait; that is far below what one burst of exits brings. */
const BUFFER_SIZE = { off: 10_000, supervisor: 10 } as const;

export interface ListenerHead {
  readonly priority: number;
  readonly bufferSize: number;
  readonly resultHandler: string;
  readonly events: readonly string[];
}

/** What Supervisor reads before the processes. Throws ConfigError. */
export function readListenerHead(
  section: string,
  compat: HeraldConfig['compat'],
  context: ReadContext,
): ListenerHead {
  const reader = readerOf(context, section);
  const names = context.environment.with({ here: context.here });
  const priority = reader.value('priority', -1, names, parseInteger);
  const bufferSize = reader.value<number, number>('buffer_size', BUFFER_SIZE[compat], names, parseInteger);
  if (bufferSize < 1)
    reader.refuse(`[${section}] section sets invalid buffer_size (${bufferSize})`, 'buffer_size');
  const resultHandler = readResultHandler(reader, names, context.here);
  const events = readEvents(reader, names);
  if (reader.value('redirect_stderr', false, names, parseBoolean)) {
    reader.refuse(
      `[${section}] section sets redirect_stderr=true but this is not allowed because it will interfere with the ` +
        'eventlistener protocol',
      'redirect_stderr',
    );
  }
  return { priority, bufferSize, resultHandler, events };
}

/** Joins Supervisor's options and Herald's own. Throws ConfigError. */
export function readPool(
  head: ListenerHead,
  reader: OptionReader,
  { environment, here }: ReadContext,
): PoolConfig {
  const { bufferSize, resultHandler, events } = head;
  return { events, bufferSize, resultHandler, ...readListenerKeys(reader, environment.with({ here })) };
}

function readResultHandler(reader: OptionReader, names: Names, here: string): string {
  const text = reader.text('result_handler', names) ?? DEFAULT_HANDLER;
  try {
    return showResultHandler(parseResultHandler(text, here));
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    const { section } = reader;
    reader.refuse(`${text} cannot be resolved within [${section}]: ${cause.message}`, 'result_handler');
    return DEFAULT_HANDLER;
  }
}

function readEvents(reader: OptionReader, names: Names): string[] {
  const { section } = reader;
  const written = parseList(reader.text('events', names) ?? '').map((name) => name.toUpperCase());
  const events = [...new Set(written)];
  if (events.length === 0) reader.refuse(`[${section}] section requires an "events" line`, 'events');
  for (const unknown of events.filter((name) => !isAnyEventName(name)))
    reader.refuse(`Unknown event type ${unknown} in [${section}] events`, 'events', unknown);
  return events;
}
