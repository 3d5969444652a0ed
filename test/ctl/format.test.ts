import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatChanges, formatColumns, formatConfig, formatStatus, quote } from '../../src/ctl/format.ts';

const row = { name: 'x', group: 'x', state: 20, statename: 'RUNNING', description: 'pid 1', pid: 1 };

test('status: names in 33 columns, states in ten', () => {
  assert.deepEqual(formatStatus([row, { ...row, group: 'g', statename: 'STOPPED', description: '' }]), [
    `${'x'.padEnd(33)}RUNNING   pid 1`,
    `${'g:x'.padEnd(33)}STOPPED   `,
  ]);
  assert.deepEqual(formatStatus([]), []);
});

test('status: the longest name widens the column for all, counted in characters', () => {
  const long = 'n'.repeat(40);
  assert.deepEqual(
    formatStatus([row, { ...row, name: long, group: long }]).map((line) => line.indexOf('RUNNING')),
    [43, 43],
  );
  const [turtle] = formatStatus([{ ...row, name: '🐢', group: '🐢' }]);
  assert.equal([...(turtle ?? '')].indexOf('R'), 33);
});

test('avail: four columns', () => {
  const config = { name: 'a', group: 'g', inuse: true, autostart: false, group_prio: 7, process_prio: 999 };
  assert.equal(formatConfig(config), `${'g:a'.padEnd(32)} in use    manual    7:999`);
  assert.equal(
    formatConfig({ ...config, group: 'a', inuse: false, autostart: true }),
    `${'a'.padEnd(32)} avail     auto      7:999`,
  );
});

test('reread: one line a group, sorted', () => {
  assert.deepEqual(formatChanges([['z', 'b'], ['c'], ['a']]), [
    'a: disappeared',
    'b: available',
    'c: changed',
    'z: available',
  ]);
  assert.deepEqual(formatChanges([[], [], []]), ['No config updates to processes']);
});

test('columns are read downwards and never wider than asked', () => {
  assert.deepEqual(formatColumns(['a', 'b', 'c'], 79), ['a  b  c']);
  assert.deepEqual(formatColumns(['aaaa', 'bb', 'cc', 'd', 'e'], 10), ['aaaa  d', 'bb    e', 'cc  ']);
  assert.deepEqual(formatColumns(['a', 'b', 'c', 'dd', 'e'], 5), ['a  dd', 'b  e ', 'c']);
  assert.deepEqual(formatColumns(['x'.repeat(20), 'y'], 10), ['x'.repeat(20), 'y']);
  assert.deepEqual(formatColumns([], 10), []);
});

test('quotes', () => {
  assert.deepEqual(["it's", 'plain', `both ' and "`, 'a\nb\\'].map(quote), [
    `"it's"`,
    `'plain'`,
    `'both \\' and "'`,
    `'a\\nb\\\\'`,
  ]);
});
