import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { it } from 'node:test';
import { parseSignal, signalName } from '../../src/wire/signals.ts';

it('knows every signal of the operating system by its number', () => {
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === 'SIGUNUSED') continue;
    assert.equal(parseSignal(name), number, name);
  }
});

it('takes names in any case, with or without SIG, and numbers', () => {
  for (const word of ['HUP', 'hup', 'SIGHUP', ' sighup ', '1', '+1', 1]) assert.equal(parseSignal(word), 1);
  assert.equal(parseSignal('CLD'), 17);
  assert.equal(parseSignal(0), 0);
});

it('refuses what is no signal', () => {
  for (const word of [
    '',
    'NIX',
    'SIG',
    'SIG_DFL',
    'SIG_IGN',
    'SIG_BLOCK',
    'SIG_UNBLOCK',
    'SIG_SETMASK',
    '65',
    '33',
    '-1',
    '1.5',
    1.5,
    Number.NaN,
    'constructor',
    '__proto__',
  ]) {
    assert.equal(parseSignal(word), undefined, String(word));
  }
});

it('shows a number by its first name', () => {
  assert.equal(signalName(6), 'SIGABRT');
  assert.equal(signalName(17), 'SIGCHLD');
  assert.equal(signalName(0), undefined);
});
