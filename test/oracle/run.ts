/** One scenario: both daemons at the same time, then the comparison of what they have shown. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { peer } from '../peers.ts';
import { Daemon } from './daemon.ts';
import { DEVIATIONS, type DeviationName } from './deviations.ts';
import { Driver } from './driver.ts';
import type { Scenario } from './scenario.ts';
import { commonSections } from './sections.ts';
import { eventStreams, type Transcript } from './transcript.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures', import.meta.url));
/** Commands may be given relative to the project, but the daemons run in folders of their own. */
const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Returns the oracle's transcript, for whoever wants to see it. Throws an AssertionError when herald's is not
 * what it should be. `alike`: herald is expected to do as the oracle does, so that the script waits for the same.
 */
export async function runScenario(
  scenario: Scenario,
  oracle: readonly string[],
  herald: readonly string[],
  alike = oracle.join(' ') === herald.join(' '),
): Promise<Transcript> {
  const sides = [
    transcribe(scenario, 'oracle', oracle),
    transcribe(scenario, alike ? 'oracle' : 'herald', herald),
  ] as const;
  // Both are awaited to their end even if one fails: nothing may be left running.
  await Promise.allSettled(sides);
  const [expected, actual] = await Promise.all(sides);
  if (scenario.deviation === undefined || alike) {
    assert.deepEqual(actual, expected);
    return expected;
  }
  const { name, herald: expectation } = scenario.deviation;
  const deviating = expectation(expected);
  assert.notDeepEqual(deviating, expected, `supervisord no longer shows what "${name}" deviates from`);
  assert.deepEqual(actual, deviating, explained(name, actual, deviating));
  return expected;
}

/** A message of one's own replaces the difference that assert would show, so both transcripts are in it. */
function explained(name: DeviationName, actual: Transcript, expected: Transcript): string {
  const show = (transcript: Transcript) => inspect(transcript, { depth: 8, breakLength: 110 });
  return `${name}: ${DEVIATIONS[name]}\nheraldd has shown ${show(actual)}\ninstead of ${show(expected)}`;
}

async function transcribe(
  scenario: Scenario,
  side: 'oracle' | 'herald',
  command: readonly string[],
): Promise<Transcript> {
  const dir = await mkdtemp(path.join(tmpdir(), 'oracle-'));
  const wrapper = (scenario.under ?? []).flatMap((word) => fill(word, dir).split(' '));
  const daemon = new Daemon([...wrapper, ...command.map(absolute)], dir);
  try {
    await furnish(scenario, dir);
    const driver = new Driver(side, dir, daemon);
    if (scenario.launch !== false) {
      daemon.launch(scenario.arguments?.map((word) => fill(word, dir)));
      await driver.started();
    }
    await scenario.script(driver);
    return await conclude(scenario, driver);
  } finally {
    await daemon.destroy();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Puts everything into the folder that the daemon is to find there. */
async function furnish(scenario: Scenario, dir: string): Promise<void> {
  const common = commonSections(scenario.supervisord ?? '', scenario.server ?? '');
  const files = { ...scenario.files, 'daemon.conf': common + scenario.config };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, fill(content, dir));
  }
  await scenario.prepare?.(dir);
}

/** Sees to it that listeners have got everything, then puts the transcript together. */
async function conclude(scenario: Scenario, driver: Driver): Promise<Transcript> {
  const comparison = scenario.compare ?? {};
  const listeners = comparison.listeners ?? listenersOf(scenario.config);
  const fenced =
    comparison.fence === undefined && driver.daemon.pid !== -1 && driver.daemon.ended === undefined;
  if (fenced) await driver.fence(...listeners);
  const events: Record<string, Record<string, readonly string[]>> = {};
  for (const name of listeners) {
    const recorded = await driver.events(name);
    // What comes after the last fence is no longer part of the scenario, nor are the fences.
    const last = recorded.findLastIndex((event) => event.payload.startsWith('type:fence\n'));
    const counted = fenced ? recorded.slice(0, last + 1) : recorded;
    const streams = eventStreams(counted, driver.normaliser, comparison);
    events[name] = withoutFences(streams);
  }
  return { calls: driver.calls, events, notes: driver.notes };
}

function withoutFences(streams: Record<string, readonly string[]>): Record<string, readonly string[]> {
  const kept = Object.entries(streams).map(
    ([key, lines]) => [key, lines.filter((line) => !line.includes('type:fence\n'))] as const,
  );
  return Object.fromEntries(kept.filter(([, lines]) => lines.length > 0));
}

function listenersOf(config: string): string[] {
  return [...config.matchAll(/^\[eventlistener:([^\]]+)\]/gm)].map((match) => match[1] ?? '');
}

/** The configuration of a scenario, for this folder. */
export function fill(text: string, dir: string): string {
  return text
    .replaceAll('%{dir}', dir)
    .replaceAll('%{fixtures}', FIXTURES)
    .replaceAll('%{python}', `${peer('python3') ?? 'python3'} -S -E`);
}

function absolute(word: string): string {
  return word.includes('/') && !word.startsWith('-') ? path.resolve(PROJECT, word) : word;
}
