/** What the page shows, taken from the facade at one moment. */
import { describeProcess, wholeSeconds } from '../../rpc/description.ts';
import { formatNamespec } from '../../rpc/namespec.ts';
import type { Facade, GroupView, PoolView, ProcessView } from '../../supervisor/facade.ts';
import type { PoolUpdate, ProcessUpdate, Update } from './update.ts';

export interface ShownProcess extends ProcessUpdate {
  readonly stdoutLogfile: string;
  readonly stderrLogfile: string;
}

export interface ShownGroup {
  readonly name: string;
  readonly processes: readonly ShownProcess[];
}

export interface ShownPool extends PoolUpdate {
  readonly events: readonly string[];
}

/** Groups by name, and their processes by name. `now` is epoch milliseconds. */
export function listGroups(facade: Facade, now: number): readonly ShownGroup[] {
  return sorted(facade.groups.values()).map(({ name, processes }) => ({
    name,
    processes: sorted(processes.values()).map((process) => showProcess(process, now)),
  }));
}

export function listPools(facade: Facade): readonly ShownPool[] {
  return sorted(facade.groups.values()).flatMap(({ pool }) =>
    pool === undefined ? [] : [{ ...showPool(pool), events: pool.events }],
  );
}

export function completeUpdate(facade: Facade, now: number): Update {
  const groups: readonly GroupView[] = [...facade.groups.values()];
  return {
    now,
    daemon: facade.state,
    complete: true,
    processes: groups.flatMap(({ processes }) => [...processes.values()].map((each) => update(each, now))),
    pools: groups.flatMap(({ pool }) => (pool === undefined ? [] : [showPool(pool)])),
  };
}

export function partialUpdate(
  facade: Facade,
  processes: Iterable<ProcessView>,
  pools: Iterable<PoolView>,
  now: number,
): Update {
  return {
    now,
    daemon: facade.state,
    complete: false,
    processes: [...processes].map((each) => update(each, now)),
    pools: [...pools].map(showPool),
  };
}

function showProcess(process: ProcessView, now: number): ShownProcess {
  const { stdoutLogfile, stderrLogfile } = process.snapshot();
  return { ...update(process, now), stdoutLogfile, stderrLogfile };
}

function update(process: ProcessView, now: number): ProcessUpdate {
  const snapshot = process.snapshot();
  const { group, state, pid, startedAt } = snapshot;
  return {
    name: formatNamespec(group, snapshot.name),
    group,
    state,
    description: describeProcess(snapshot, now),
    pid,
    started: wholeSeconds(startedAt),
  };
}

function showPool(pool: PoolView): PoolUpdate {
  return { name: pool.name, counters: pool.counters(), listeners: pool.listeners() };
}

function sorted<T extends { readonly name: string }>(all: Iterable<T>): T[] {
  return [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
