/** What a reread changes, by Supervisor's rules of equality; Herald's own keys count as well. */
import { compareText } from './python-text.ts';
import { endsStep, type Steps } from './steps.ts';
import type { ChannelConfig, GroupConfig, PoolConfig, ProcessConfig } from './types.ts';

/** Names of groups. `removed` is in the order of activation, the others in the order of the configuration. */
export interface GroupDiff {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

const STEP_COMPARISONS = 20;

/** A step compares some groups, or some processes of one. */
export function* diffGroups(
  active: readonly GroupConfig[],
  parsed: readonly GroupConfig[],
): Steps<GroupDiff> {
  const activeByName = new Map(active.map((group) => [group.name, group]));
  const parsedNames = new Set(parsed.map(({ name }) => name));
  const changed: string[] = [];
  for (const [nth, group] of parsed.entries()) {
    if (endsStep(nth, STEP_COMPARISONS)) yield;
    const known = activeByName.get(group.name);
    if (known !== undefined && !(yield* sameGroup(known, group))) changed.push(group.name);
  }
  return {
    added: parsed.filter(({ name }) => !activeByName.has(name)).map(({ name }) => name),
    changed,
    removed: active.filter(({ name }) => !parsedNames.has(name)).map(({ name }) => name),
  };
}

/** Processes are compared in order. */
function* sameGroup(active: GroupConfig, parsed: GroupConfig): Steps<boolean> {
  const sameHead =
    active.kind === parsed.kind &&
    active.name === parsed.name &&
    active.priority === parsed.priority &&
    active.processes.length === parsed.processes.length;
  if (!sameHead) return false;
  for (const [index, process] of active.processes.entries()) {
    if (endsStep(index, STEP_COMPARISONS)) yield;
    const other = parsed.processes[index];
    if (other === undefined || !sameProcess(process, other)) return false;
  }
  return samePool(active.pool, parsed.pool);
}

/** Where a process stands in the files is no difference. */
function sameProcess(active: ProcessConfig, parsed: ProcessConfig): boolean {
  return (
    sameValue(plainOptions(active), plainOptions(parsed)) &&
    sameChannel(active.stdout, parsed.stdout) &&
    sameChannel(active.stderr, parsed.stderr) &&
    active.socket?.url === parsed.socket?.url
  );
}

/** Of a shared socket only the address counts, as in Supervisor: not its owner, mode and backlog. */
function plainOptions({ place: _, stdout: __, stderr: ___, socket: ____, ...rest }: ProcessConfig) {
  return rest;
}

/** Who asks for an automatic log file is content with the one there is, whatever it is, as in Supervisor. */
function sameChannel(
  { logfile: active, ...a }: ChannelConfig,
  { logfile: parsed, ...b }: ChannelConfig,
): boolean {
  return sameValue(a, b) && (parsed.kind === 'auto' || sameValue(active, parsed));
}

/** The order of the events means nothing. */
function samePool(a: PoolConfig | undefined, b: PoolConfig | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return sameValue(sortEvents(a), sortEvents(b));
}

function sortEvents(pool: PoolConfig): PoolConfig {
  return { ...pool, events: [...pool.events].sort(compareText) };
}

/** Equality of plain data: maps, lists, records and scalars. */
function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => sameValue(a[key], b[key]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Map);
}
