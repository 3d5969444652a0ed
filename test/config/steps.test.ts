import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diffGroups } from '../../src/config/group-diff.ts';
import { loadDaemonConfig, loadDaemonConfigInSteps } from '../../src/config/load.ts';
import { atOnce, type Steps } from '../../src/config/steps.ts';
import { memoryFiles, memoryWorld } from './memory-machine.ts';

type Texts = Readonly<Record<string, string>>;

function inputOf(texts: Texts) {
  return { files: memoryFiles(texts), world: memoryWorld(), path: 's.conf', overrides: {} };
}

function programs(count: number, more = ''): string {
  return Array.from({ length: count }, (_, nth) => `[program:p${nth}]\ncommand=/bin/cat\n${more}`).join('');
}

/** How many steps there are before the result. */
function countSteps(steps: Steps<unknown>): number {
  let count = 0;
  while (steps.next().done !== true) count += 1;
  return count;
}

function stepsOf(texts: Texts): number {
  return countSteps(loadDaemonConfigInSteps(inputOf(texts)));
}

test('whatever is large is read in many steps: lines, sections, processes, files', () => {
  const least = stepsOf({ 's.conf': '[supervisord]\n' });
  assert.ok(least < 3, `${least} steps for nothing`);
  const lines = stepsOf({ 's.conf': `[supervisord]\n${'; a comment\n'.repeat(20_000)}` });
  assert.ok(lines >= 40, `20,000 lines: ${lines} steps`);
  // Scanned, given to ini, made a group of, and looked at for unknown names.
  const sections = stepsOf({ 's.conf': `[supervisord]\n${programs(300)}` });
  assert.ok(sections >= 80, `300 programs: ${sections} steps`);
  const many = 'numprocs=500\nprocess_name=%(process_num)s\n';
  const processes = stepsOf({ 's.conf': `[supervisord]\n${programs(1, many)}` });
  assert.ok(processes >= 60, `500 processes of one section: ${processes} steps`);
  const members = Array.from({ length: 300 }, (_, nth) => `p${nth}`).join(',');
  const grouped = stepsOf({ 's.conf': `[supervisord]\n[group:g]\nprograms=${members}\n${programs(300)}` });
  assert.ok(grouped >= 80, `300 programs of a group: ${grouped} steps`);
});

test('between two files there is a step, and nothing of the next is read before it', () => {
  const input = inputOf({
    's.conf': '[supervisord]\n[include]\nfiles=conf.d/*.conf\n',
    ...Object.fromEntries(
      Array.from({ length: 20 }, (_, nth) => [`conf.d/${nth}.conf`, `[program:p${nth}]\ncommand=x\n`]),
    ),
  });
  let read = 0;
  const files = {
    ...input.files,
    read: (path: string) => {
      read += 1;
      return input.files.read(path);
    },
  };
  const perStep: number[] = [];
  const steps = loadDaemonConfigInSteps({ ...input, files });
  for (let over: boolean | undefined = false; over !== true; ) {
    const before = read;
    over = steps.next().done;
    perStep.push(read - before);
  }
  assert.equal(read, 21);
  assert.equal(Math.max(...perStep), 1);
});

test('a comparison of many groups, or of many processes, has steps as well', () => {
  const groups = (more = '') =>
    loadDaemonConfig(inputOf({ 's.conf': `[supervisord]\n${programs(200, more)}` })).groups;
  assert.ok(countSteps(diffGroups(groups(), groups())) >= 10);
  const changed = atOnce(diffGroups(groups(), groups('startsecs=9\n'))).changed;
  assert.equal(changed.length, 200);
});
