/** Compiled, never run: what must not compile stands behind @ts-expect-error, which fails when it does. */
import type {
  AnyEventName,
  ConcreteOf,
  EventName,
  EventPayloads,
  SupervisorEvent,
} from '../../src/catalogue/events.ts';
import { concreteNames, isEventName } from '../../src/catalogue/events.ts';
import { decodePayload, encodePayload } from '../../src/wire/payload.ts';

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
function assertType<_T extends true>(): void {}

assertType<Same<ConcreteOf<'TICK'>, 'TICK_5' | 'TICK_60' | 'TICK_3600'>>();
assertType<Same<ConcreteOf<'TICK_5'>, 'TICK_5'>>();
assertType<Same<ConcreteOf<'PROCESS_LOG'>, 'PROCESS_LOG_STDOUT' | 'PROCESS_LOG_STDERR'>>();
assertType<Same<ConcreteOf<'HERALD_EVENT'>, 'HERALD_POOL_DROPPED' | 'HERALD_LISTENER_PROTOCOL_ERROR'>>();
assertType<Same<ConcreteOf<'EVENT' | 'HERALD_EVENT'>, EventName>>();
assertType<Same<ConcreteOf<AnyEventName>, EventName>>();
assertType<Same<Extract<ConcreteOf<'EVENT'>, `HERALD_${string}`>, never>>();
assertType<Same<SupervisorEvent<'TICK'>['payload'], { readonly when: number }>>();
assertType<Same<EventPayloads['PROCESS_STATE_EXITED']['expected'], 0 | 1>>();

// A misspelt name.
// @ts-expect-error
concreteNames('PROCESS_STATE_FATALL');
// @ts-expect-error
export type Misspelt = SupervisorEvent<'PROCES_STATE'>;

// A payload that does not fit.
encodePayload('TICK_5', { when: 5 });
// @ts-expect-error
encodePayload('TICK_5', { wen: 5 });
// @ts-expect-error
encodePayload('TICK_5', { when: '5' });
// @ts-expect-error
encodePayload('TICK_5', { when: 5, now: 6 });
// @ts-expect-error
encodePayload('TICK', { when: 5 });
// @ts-expect-error
encodePayload('SUPERVISOR_STATE_CHANGE_RUNNING', { at: 5 });
encodePayload('SUPERVISOR_STATE_CHANGE_RUNNING', {});

// A payload is read only.
// @ts-expect-error
decodePayload('TICK_5', '').when = 6;

export function narrow(event: SupervisorEvent<'PROCESS_STATE'>): number | undefined {
  // What all have can be read at once; the rest only after a look at the name.
  if (event.payload.processname === '') return undefined;
  // @ts-expect-error
  if (event.payload.pid === 0) return undefined;
  // @ts-expect-error
  if (event.name === 'TICK_5') return undefined;
  return event.name === 'PROCESS_STATE_EXITED' ? event.payload.pid : undefined;
}

function assertNever(value: never): never {
  throw new Error(`not expected: ${String(value)}`);
}

export function exhaustive(event: SupervisorEvent<'TICK'>): string {
  switch (event.name) {
    case 'TICK_5':
    case 'TICK_60':
      return 'often';
    case 'TICK_3600':
      return 'seldom';
    default:
      return assertNever(event);
  }
}

export function notExhaustive(event: SupervisorEvent<'TICK'>): string {
  switch (event.name) {
    case 'TICK_5':
    case 'TICK_60':
      return 'often';
    default:
      // @ts-expect-error
      return assertNever(event);
  }
}

export function fromOutside(name: string): EventName | undefined {
  return isEventName(name) ? name : undefined;
}
