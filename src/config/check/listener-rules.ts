/** Rules about subscriptions: whether what a listener waits for can ever come, and whether there is room for it. */
import { type AnyEventName, concreteNames, isAnyEventName } from '../../catalogue/events.ts';
import type { EventName } from '../../catalogue/generated.ts';
import type { DaemonConfig, GroupConfig, PoolConfig, ProcessConfig } from '../types.ts';
import type { RuleInput } from './check.ts';

/** `complete`: all of the file was understood, so that what is not there is not there. */
export function checkListeners(input: RuleInput, { complete }: { readonly complete: boolean }): void {
  for (const group of input.config.groups) {
    if (group.pool === undefined) continue;
    if (complete) checkSources(group, group.pool, input);
    checkRoom(group, group.pool, input);
    checkGlobs(group, group.pool, input, complete);
    checkDrain(group, group.pool, input);
  }
}

type Source = (process: ProcessConfig, kind: GroupConfig['kind']) => boolean;

/** A listener's stdout carries the protocol: it gives no events. */
const SOURCES: ReadonlyMap<EventName, { readonly emits: Source; readonly wants: string }> = new Map<
  EventName,
  { readonly emits: Source; readonly wants: string }
>([
  [
    'PROCESS_LOG_STDOUT',
    {
      emits: ({ stdout }, kind) => stdout.eventsEnabled && kind !== 'eventlistener',
      wants: 'stdout_events_enabled=true',
    },
  ],
  [
    'PROCESS_LOG_STDERR',
    {
      emits: ({ stderr, redirectStderr }) => stderr.eventsEnabled && !redirectStderr,
      wants: 'stderr_events_enabled=true',
    },
  ],
  [
    'PROCESS_COMMUNICATION_STDOUT',
    {
      emits: ({ stdout }, kind) => stdout.captureMaxbytes > 0 && kind !== 'eventlistener',
      wants: 'stdout_capture_maxbytes above 0',
    },
  ],
  [
    'PROCESS_COMMUNICATION_STDERR',
    {
      emits: ({ stderr, redirectStderr }) => stderr.captureMaxbytes > 0 && !redirectStderr,
      wants: 'stderr_capture_maxbytes above 0',
    },
  ],
]);

function checkSources({ name }: GroupConfig, { events }: PoolConfig, { config, report }: RuleInput): void {
  const section = `eventlistener:${name}`;
  const silent = events.filter(isAnyEventName).filter((event) => !canCome(event, config));
  if (silent.length === 0) return;
  const wants = [
    ...new Set(silent.flatMap((event) => concreteNames(event)).map((event) => SOURCES.get(event)?.wants)),
  ];
  const nothing = silent.length === events.length ? '; this listener will never be called' : '';
  const message = `no program sends ${silent.join(' or ')}: none has ${wants.join(' or ')}${nothing}`;
  report({ code: 'no-source', message, section, option: 'events' });
}

function canCome(event: AnyEventName, { groups }: DaemonConfig): boolean {
  return concreteNames(event).some((concrete) => {
    const source = SOURCES.get(concrete);
    if (source === undefined) return true;
    return groups.some(({ kind, processes }) => processes.some((process) => source.emits(process, kind)));
  });
}

/** At a start or stop of everything each process sends an event at about the same time. */
function checkRoom(
  { name }: GroupConfig,
  { events, bufferSize }: PoolConfig,
  { config, report }: RuleInput,
): void {
  const bursty = events.filter(isAnyEventName).flatMap((event) => concreteNames(event));
  if (!bursty.some((event) => event.startsWith('PROCESS_STATE'))) return;
  const count = config.groups.reduce((sum, { processes }) => sum + processes.length, 0);
  if (bufferSize >= count) return;
  const message = `room for ${bufferSize} events, and ${count} processes that change state together: some will be dropped`;
  report({ code: 'small-buffer', message, section: `eventlistener:${name}`, option: 'buffer_size' });
}

function checkGlobs(
  { name }: GroupConfig,
  { programs }: PoolConfig,
  { config, report }: RuleInput,
  complete: boolean,
): void {
  if (!complete) return;
  const names = config.groups.flatMap((group) =>
    group.processes.map((process) => `${group.name}:${process.name}`),
  );
  for (const pattern of programs) {
    if (names.some((candidate) => matchesName(pattern, candidate))) continue;
    const message = 'no process is called like this';
    report({
      code: 'pattern-without-match',
      message,
      section: `eventlistener:${name}`,
      option: 'programs',
      value: pattern,
    });
  }
}

/** As the dispatcher takes it: stars end at the colon, and a name alone stands for the group and the process. */
function matchesName(pattern: string, name: string): boolean {
  const patterns = (pattern.includes(':') ? pattern : `${pattern}:${pattern}`).split(':');
  const parts = name.split(':');
  return (
    patterns.length === parts.length && parts.every((part, index) => matches(patterns[index] ?? '', part))
  );
}

/** `*` and `?`, by going back to the last star: no pattern takes more than the product of the lengths. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (pattern[at] === '*') {
      star = at;
      resume = index;
      at += 1;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

/** Killed in the middle of what it was given time for. */
function checkDrain(
  { name, processes }: GroupConfig,
  { ackTimeout, drainTimeout }: PoolConfig,
  input: RuleInput,
): void {
  if (processes.length === 0 || ackTimeout === 0 || drainTimeout === 0 || drainTimeout >= ackTimeout) return;
  const message = `at shutdown an event gets ${drainTimeout} s, though it may take ${ackTimeout} s (ack_timeout)`;
  input.report({ code: 'short-drain', message, section: `eventlistener:${name}`, option: 'drain_timeout' });
}
