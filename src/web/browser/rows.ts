/** The rows of the tables, found once, and changed in place: what somebody has the focus on stays where it is. */
import { formatUptime } from '../../rpc/description.ts';
import { isOffered, isState, ROW_ACTIONS, stateClass, tally } from '../page/shown-state.ts';
import {
  listenerText,
  type PoolUpdate,
  type ProcessUpdate,
  SHOWN_COUNTERS,
  type Update,
} from '../page/update.ts';

export interface Rows {
  /** Looks for the rows anew. */
  find(): void;
  /** Whether there is a row for each process and pool of a complete update, and no other. */
  fits(update: Update): boolean;
  show(update: Update): void;
  /** Goes on with what depends on the time; epoch milliseconds. */
  tick(now: number): void;
}

export function createRows(content: HTMLElement): Rows {
  let processes = new Map<string, HTMLElement>();
  let pools = new Map<string, HTMLElement>();
  const find = () => {
    processes = collect(content, 'process');
    pools = collect(content, 'pool');
  };
  find();
  return {
    find,
    fits: (update) => hasAll(processes, update.processes) && hasAll(pools, update.pools),
    show(update) {
      const groups = new Set<Element>();
      for (const process of update.processes) {
        const row = processes.get(process.name);
        if (row === undefined) continue;
        if (row.dataset.state !== process.state && row.parentElement !== null) groups.add(row.parentElement);
        showProcess(row, process);
      }
      for (const pool of update.pools) {
        const row = pools.get(pool.name);
        if (row !== undefined) showPool(row, pool);
      }
      for (const group of groups) count(group, group.querySelector('[data-tally]'));
      if (groups.size > 0) count(content, document.querySelector('#tally'));
    },
    tick(now) {
      for (const row of processes.values())
        if (row.dataset.state === 'RUNNING' && !row.hidden) showUptime(row, now);
    },
  };
}

function collect(content: HTMLElement, what: 'process' | 'pool'): Map<string, HTMLElement> {
  const rows = [...content.querySelectorAll<HTMLElement>(`[data-${what}]`)];
  return new Map(rows.map((row) => [row.dataset[what] ?? '', row]));
}

function hasAll(rows: ReadonlyMap<string, HTMLElement>, all: readonly { readonly name: string }[]): boolean {
  return rows.size === all.length && all.every(({ name }) => rows.has(name));
}

function showProcess(row: HTMLElement, { state, description, pid, started }: ProcessUpdate): void {
  row.dataset.state = state;
  row.dataset.pid = String(pid);
  row.dataset.started = String(started);
  const shown = row.querySelector('span');
  if (shown !== null) {
    shown.textContent = state.toLowerCase();
    shown.className = stateClass(state);
  }
  setText(row.children[1], description);
  for (const action of ROW_ACTIONS) {
    const button = row.querySelector<HTMLButtonElement>(`button[value=${action}]`);
    if (button !== null) button.disabled = !isOffered(action, state);
  }
}

function showUptime(row: HTMLElement, now: number): void {
  const { pid, started } = row.dataset;
  const seconds = Math.trunc(now / 1000) - Number(started);
  setText(row.children[1], `pid ${pid}, uptime ${formatUptime(seconds)}`);
}

function showPool(row: HTMLElement, { counters, listeners }: PoolUpdate): void {
  for (const [counter] of SHOWN_COUNTERS) {
    setText(row.querySelector(`[data-counter=${counter}]`), String(counters[counter]));
  }
  const list = row.querySelector('[data-listeners]');
  list?.replaceChildren(
    ...listeners.map((listener) => {
      const item = document.createElement('li');
      item.textContent = listenerText(listener);
      return item;
    }),
  );
}

function count(within: Element, shown: Element | null): void {
  const rows = [...within.querySelectorAll<HTMLElement>('[data-process]')];
  setText(shown, tally(rows.map((row) => row.dataset.state).filter(isState)));
}

function setText(element: Element | null | undefined, text: string): void {
  if (element != null && element.textContent !== text) element.textContent = text;
}
