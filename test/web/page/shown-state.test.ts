import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PROCESS_STATES, type ProcessState } from '../../../src/process/states.ts';
import { formatCtime } from '../../../src/web/page/ctime.ts';
import { html } from '../../../src/web/page/html.ts';
import { isComplaint, isState, passesFilter, tally } from '../../../src/web/page/shown-state.ts';

const STATES = Object.keys(PROCESS_STATES) as ProcessState[];

test('a tally counts each state once, the good ones first', () => {
  assert.equal(tally([]), '0 processes');
  assert.equal(tally(['FATAL']), '1 process: 1 fatal');
  assert.equal(tally(['FATAL', 'RUNNING', 'FATAL']), '3 processes: 1 running, 2 fatal');
  for (const state of STATES) assert.ok(tally([state]).endsWith(`1 ${state.toLowerCase()}`));
  assert.deepEqual([...STATES, 'NONE', undefined].filter(isState), STATES);
});

test('a filter passes names that contain it', () => {
  assert.ok(passesFilter('grp:Żółw', ' żÓŁ '));
  assert.ok(passesFilter('x', '  '));
  assert.ok(!passesFilter('grp:a', 'grp:b'));
});

test('what did not work is a complaint', () => {
  for (const message of [
    'ERROR: Process x: spawn error',
    'No such process named x',
    'unexpected rpc fault [70] NOT_RUNNING: x',
    'Group g started, but not g:a (spawn error)',
  ]) {
    assert.ok(isComplaint(message), message);
  }
  for (const message of ['', 'Process ERROR started', 'Log for x cleared']) assert.ok(!isComplaint(message));
});

test('times are written as by ctime', () => {
  assert.equal(formatCtime(new Date(2026, 10, 2, 3, 4, 5)), 'Mon Nov  2 03:04:05 2026');
  assert.equal(formatCtime(new Date(2026, 0, 31, 23, 59, 59)), 'Sat Jan 31 23:59:59 2026');
});

test('whatever text is put into HTML stays text, in attributes, too', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const { text: made } = html`<a title="${text}">${text}</a>`;
      const [, attribute = '', content = ''] = /^<a title="([^"]*)">([^<]*)<\/a>$/.exec(made) ?? [];
      assert.equal(attribute, content);
      assert.doesNotMatch(attribute, /[<>"']/);
      const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' };
      const read = attribute.replace(/&[#\w]+;/g, (entity) => entities[entity as keyof typeof entities]);
      assert.equal(read, text);
    }),
  );
  assert.equal(html`${[html`<b>`, html`&`]}${undefined}${false}${0}`.text, '<b>&0');
});
