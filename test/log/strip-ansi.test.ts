import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAnsiStripper, MAX_SEQUENCE } from '../../src/log/strip-ansi.ts';

const strip = (...chunks: readonly string[]): string => {
  const stripper = createAnsiStripper();
  const out = chunks.map((chunk) => Buffer.from(stripper(Buffer.from(chunk, 'latin1'))).toString('latin1'));
  return out.join('') + Buffer.from(stripper.end()).toString('latin1');
};

test('colours and cursor movements go, text stays', () => {
  assert.equal(strip('a\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[Kx\x1b[2Jy\n'), 'ared greenxy\n');
});

test('any final byte ends a sequence, not only the letters Supervisor knows', () => {
  assert.equal(strip('\x1b[5Ztail mm'), 'tail mm');
  assert.equal(strip('\x1b[3~del \x1b[?25lhid \x1b[1 qcur'), 'del hid cur');
});

test('a sequence may be cut anywhere', () => {
  assert.equal(strip('a\x1b', '[3', '1', 'mb'), 'ab');
});

test('other escapes pass', () => {
  assert.equal(strip('a\x1b(Bb\x1b'), 'a\x1b(Bb\x1b');
  assert.equal(strip('\x1b', 'c'), '\x1bc');
  assert.equal(strip('\x1b\x1b[1mx'), '\x1bx');
});

test('what cannot be a sequence ends it', () => {
  assert.equal(strip('\x1b[12\nnext'), '\nnext');
  assert.equal(strip('\x1b[1\x1b[2mx'), 'x');
  assert.equal(strip(`\x1b[${'1'.repeat(MAX_SEQUENCE)}22`), '22');
});

test('chunks without escapes are given back as they are', () => {
  const chunk = Buffer.from('plain');
  assert.equal(createAnsiStripper()(chunk), chunk);
});

test('the split does not matter', () => {
  const part = fc.oneof(fc.constantFrom('\x1b', '\x1b[', '\x1b[1;3m', 'm', '0;', '\n', '\xff'), fc.string());
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const whole = parts.join('');
      assert.equal(strip(...whole), strip(whole));
      assert.equal(strip(...parts), strip(whole));
    }),
  );
});
