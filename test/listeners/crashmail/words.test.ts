import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesGlob, splitWords } from '../../../listeners/crashmail/words.ts';

test('a command is split at blanks, and quotes hold words together', () => {
  assert.deepEqual(splitWords('/usr/sbin/sendmail -t  -i'), ['/usr/sbin/sendmail', '-t', '-i']);
  assert.deepEqual(splitWords(` a "b c" 'd "e' "f\\"g" h\\ i '' `), ['a', 'b c', 'd "e', 'f"g', 'h i', '']);
  assert.deepEqual(splitWords(''), []);
  assert.equal(splitWords('a "b'), undefined);
  assert.deepEqual(splitWords('a; rm -rf $HOME | `x`'), ['a;', 'rm', '-rf', '$HOME', '|', '`x`']);
});

test('globs fit as expected', () => {
  for (const [glob, text, fits] of [
    ['web', 'web', true],
    ['web', 'web2', false],
    ['web*', 'web_00', true],
    ['*:web_??', 'site:web_00', true],
    ['*:web_??', 'site:web_0', false],
    ['*', '', true],
    ['?', '', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-b-b-d', false],
    ['a.c', 'abc', false],
  ] as const) {
    assert.equal(matchesGlob(glob, text), fits, `${glob} and ${text}`);
  }
});

test('globs fit as a regular expression says', () => {
  const piece = fc.constantFrom('a', 'b', '*', '?');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.stringMatching(/^[ab]{0,8}$/), (pieces, text) => {
      const pattern = pieces.map((each) => (each === '*' ? '.*' : each === '?' ? '.' : each)).join('');
      assert.equal(matchesGlob(pieces.join(''), text), new RegExp(`^${pattern}$`).test(text));
    }),
  );
});

test('a hostile glob takes no time worth mentioning', () => {
  // Backtracking through all stars would take longer than the universe has lasted.
  assert.equal(matchesGlob('*a'.repeat(500), 'a'.repeat(10_000).concat('b')), false);
});
