/** The answer to `herald.getPools`: the pools and the books that they keep of their events. */
import type { Facade, PoolView } from '../supervisor/facade.ts';
import type { XmlRpcResult } from '../wire/xmlrpc-values.ts';

/** One struct per pool, in the order of activation. */
export function listPools(facade: Facade): XmlRpcResult {
  return [...facade.groups.values()].flatMap(({ pool }) => (pool === undefined ? [] : [describePool(pool)]));
}

function describePool(pool: PoolView): XmlRpcResult {
  const counters = pool.counters();
  return {
    name: pool.name,
    events: pool.events,
    buffer_size: pool.bufferSize,
    accepted: counters.accepted,
    acknowledged: counters.acknowledged,
    dead_lettered: counters.deadLettered,
    dropped: counters.dropped,
    queued: counters.queued,
    in_flight: counters.inFlight,
    rejected: counters.rejected,
    redelivered: counters.redelivered,
    protocol_errors: counters.protocolErrors,
    listeners: pool
      .listeners()
      .map(({ process, state, inFlight }) => ({ process, state, in_flight: inFlight })),
  };
}
