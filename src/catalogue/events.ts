import {
  ABSTRACT_EVENT_NAMES,
  type AnyEventName,
  EVENT_NAMES,
  EVENT_PARENTS,
  type EventName,
  type EventPayloads,
} from './generated.ts';

export {
  ABSTRACT_EVENT_NAMES,
  type AbstractEventName,
  type AnyEventName,
  EVENT_NAMES,
  EVENT_PARENTS,
  EVENT_WIRE,
  type EventName,
  type EventPayloads,
} from './generated.ts';

/**
 * The concrete events that a name stands for: itself, or all below it. The catalogue names its families by
 * prefix, except that EVENT stands for everything that is not Herald's own; a test compares this type's
 * rule with the parents in the schemas.
 */
export type ConcreteOf<N extends AnyEventName> = N extends EventName
  ? N
  : N extends 'EVENT'
    ? Exclude<EventName, `HERALD_${string}`>
    : N extends 'HERALD_EVENT'
      ? Extract<EventName, `HERALD_${string}`>
      : Extract<EventName, `${N}_${string}`>;

/** One event or, for an abstract name, the union of all below it: narrow it by `name`. */
export type SupervisorEvent<N extends AnyEventName = AnyEventName> = {
  [C in ConcreteOf<N>]: { readonly name: C; readonly payload: EventPayloads[C] };
}[ConcreteOf<N>];

const CONCRETE: ReadonlySet<string> = new Set(EVENT_NAMES);
const CONCRETE_BY_NAME: ReadonlyMap<AnyEventName, readonly EventName[]> = collectConcreteNames();

/** The events that a name stands for, in catalogue order; a concrete name stands for itself. */
export function concreteNames(name: AnyEventName): readonly EventName[] {
  return CONCRETE_BY_NAME.get(name) ?? [];
}

/** Whether this is an event that can be sent. */
export function isEventName(name: string): name is EventName {
  return CONCRETE.has(name);
}

/** Whether this is a name that can be subscribed to. */
export function isAnyEventName(name: string): name is AnyEventName {
  return CONCRETE_BY_NAME.has(name as AnyEventName);
}

function collectConcreteNames(): Map<AnyEventName, EventName[]> {
  const names = new Map<AnyEventName, EventName[]>();
  for (const name of [...ABSTRACT_EVENT_NAMES, ...EVENT_NAMES]) names.set(name, []);
  for (const leaf of EVENT_NAMES) {
    for (let name: AnyEventName | undefined = leaf; name !== undefined; name = EVENT_PARENTS[name]) {
      names.get(name)?.push(leaf);
    }
  }
  return names;
}
