import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeLine } from '../../src/ctl/completion.ts';
import { selectChanges } from '../../src/ctl/configuration.ts';
import { parseLine } from '../../src/ctl/execute.ts';
import { parseMaintail, parseTail } from '../../src/ctl/logs.ts';
import { formatNamespec, parseNamespec } from '../../src/ctl/namespec.ts';
import { selectRows } from '../../src/ctl/queries.ts';

test('names of processes and groups', () => {
  assert.deepEqual(parseNamespec('x'), { group: 'x', process: 'x' });
  assert.deepEqual(parseNamespec('g:p'), { group: 'g', process: 'p' });
  assert.deepEqual(parseNamespec('g:p:q'), { group: 'g', process: 'p:q' });
  for (const whole of ['g:*', 'g:'])
    assert.deepEqual(parseNamespec(whole), { group: 'g', process: undefined });
  assert.deepEqual([formatNamespec('x', 'x'), formatNamespec('g', 'p')], ['x', 'g:p']);
});

test('a line is a command and words', () => {
  assert.deepEqual(parseLine('  start  a\tb '), { name: 'start', words: ['a', 'b'] });
  assert.deepEqual(parseLine('?start'), { name: 'help', words: ['start'] });
  assert.deepEqual(parseLine('tail-5 x'), { name: 'tail', words: ['-5', 'x'] });
  assert.deepEqual(parseLine('-x'), { name: '', words: ['-x'] });
});

test('tail: amount, name and channel', () => {
  const tail = { kind: 'tail', name: 'x', channel: 'stdout', amount: { kind: 'last', bytes: 1600 } };
  assert.deepEqual(parseTail(['x']), tail);
  assert.deepEqual(parseTail(['-8', 'x', 'STDERR']), {
    ...tail,
    channel: 'stderr',
    amount: { kind: 'last', bytes: 8 },
  });
  assert.deepEqual(parseTail(['-f', 'x']), { ...tail, amount: { kind: 'follow' } });
  const problem = (...words: string[]) => {
    const request = parseTail(words);
    return request.kind === 'misuse' ? request.problem : undefined;
  };
  assert.equal(problem(), 'too few arguments');
  assert.equal(problem('a', 'b', 'c', 'd'), 'too many arguments');
  assert.equal(problem('-f'), 'tail requires process name');
  assert.equal(problem('x', 'sideways'), "bad channel 'sideways'");
  assert.deepEqual(parseTail(['-+8', 'x']), { ...tail, amount: { kind: 'last', bytes: 8 } });
  for (const word of ['-1x', '--8', '-1_0', '-1.0', `-${'9'.repeat(16)}`])
    assert.equal(problem(word, 'x'), `bad argument ${word}`);
});

test('maintail: amount only', () => {
  assert.deepEqual(parseMaintail([]), { kind: 'last', bytes: 1600 });
  assert.deepEqual(parseMaintail(['-5']), { kind: 'last', bytes: 5 });
  assert.deepEqual(parseMaintail(['-f']), { kind: 'follow' });
  for (const word of ['5', '-', 'x'])
    assert.deepEqual(parseMaintail([word]), {
      kind: 'misuse',
      problem: `bad argument ${word}`,
      showHelp: false,
    });
});

const rows = [
  { name: 'a', group: 'a', state: 20, statename: 'RUNNING', description: '', pid: 1 },
  { name: 'm', group: 'g', state: 20, statename: 'RUNNING', description: '', pid: 2 },
  { name: 'n', group: 'g', state: 0, statename: 'STOPPED', description: '', pid: 0 },
];

test('status selects by name, in the order of the names', () => {
  const pick = (...names: string[]) => {
    const { selected, problems } = selectRows(rows, names);
    return [...selected.map((row) => row.name), ...problems];
  };
  assert.deepEqual(pick(), ['a', 'm', 'n']);
  assert.deepEqual(pick('nope', 'all'), ['a', 'm', 'n']);
  assert.deepEqual(pick('g:*', 'a'), ['m', 'n', 'a']);
  assert.deepEqual(pick('g'), ['g: ERROR (no such process)']);
  assert.deepEqual(pick('h:'), ['h: ERROR (no such group)']);
  assert.deepEqual(pick('a:b'), ['a:b: ERROR (no such process)']);
});

test('update is about the groups that were named', () => {
  const changes = [['new'], ['c', 'd'], ['old']] as const;
  assert.deepEqual(selectChanges(changes, []), changes);
  assert.deepEqual(selectChanges(changes, ['d', 'all']), changes);
  assert.deepEqual(selectChanges(changes, ['d', 'old']), [[], ['d'], ['old']]);
});

test('completion: actions first, then what the action takes', async () => {
  const complete = async (line: string) => (await completeLine(line, async () => rows))[0];
  assert.deepEqual(await complete('st'), ['start ', 'status ', 'stop ']);
  assert.deepEqual(await complete('start '), ['a ', 'g:* ', 'g:m ', 'g:n ']);
  assert.deepEqual(await complete('start a:'), ['a:* ', 'a:a ']);
  assert.deepEqual(await complete('update g'), ['g ']);
  assert.deepEqual(await complete('help vers'), ['version ']);
  assert.deepEqual(await complete('reload '), []);
  assert.deepEqual(await complete('nope '), []);
});
