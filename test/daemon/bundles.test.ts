import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const bundle = readFileSync(new URL('../../dist/heraldd.js', import.meta.url), 'utf8');

test('of RxJS the daemon carries what it uses and nothing else', () => {
  assert.match(bundle, /\bBehaviorSubject\b/);
  assert.doesNotMatch(bundle, /\bfromEventPattern\b/);
});
