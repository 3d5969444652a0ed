import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SOURCES = new URL('../../src/', import.meta.url).pathname;

/** What listener authors test their listeners with: it never runs inside the daemon. */
const TEST_KIT = 'sdk/testing-child.ts';

test('nothing in src starts processes through Node, which would reap them behind our back', () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  assert.ok(files.includes('host/processes.ts'));
  const importing = /(?:from|import|require)[ (]*['"](?:node:)?(?:child_process|cluster)['"]/;
  const guilty = files.filter(
    (path) => path !== TEST_KIT && importing.test(readFileSync(join(SOURCES, path), 'utf8')),
  );
  assert.deepEqual(guilty, []);
});
