import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { concreteNames, isAnyEventName, isEventName } from '../../src/catalogue/events.ts';
import { ABSTRACT_EVENT_NAMES, EVENT_NAMES, EVENT_WIRE, TOKEN_KINDS } from '../../src/catalogue/generated.ts';

const ROOT = new URL('../../', import.meta.url);

it('what is generated is up to date', async () => {
  const script = fileURLToPath(new URL('scripts/generate-catalogue.mjs', ROOT));
  // A diff ends it with status 1, and then this rejects.
  await promisify(execFile)(process.execPath, [script, '--check']);
});

it('the schemas and the catalogue name the same events', () => {
  const names = readdirSync(new URL('protocol-spec/events/', ROOT))
    .filter((file) => file.endsWith('.schema.json'))
    .map((file) => file.replace('.schema.json', ''));
  assert.deepEqual(names.sort(), [...EVENT_NAMES, ...ABSTRACT_EVENT_NAMES].sort());
});

it('the type ConcreteOf goes by prefixes, and the schemas agree with them', () => {
  for (const name of ABSTRACT_EVENT_NAMES) {
    const byPrefix = EVENT_NAMES.filter((leaf) => {
      if (name === 'EVENT') return !leaf.startsWith('HERALD_');
      if (name === 'HERALD_EVENT') return leaf.startsWith('HERALD_');
      return leaf.startsWith(`${name}_`);
    });
    assert.deepEqual(concreteNames(name), byPrefix);
    assert.ok(byPrefix.length > 0);
  }
});

it("a concrete name stands for itself, and EVENT for none of Herald's own", () => {
  assert.deepEqual(concreteNames('TICK_5'), ['TICK_5']);
  assert.deepEqual([...concreteNames('TICK')].sort(), ['TICK_3600', 'TICK_5', 'TICK_60']);
  assert.deepEqual(concreteNames('REMOTE_COMMUNICATION'), ['REMOTE_COMMUNICATION']);
  assert.equal(concreteNames('EVENT').includes('HERALD_POOL_DROPPED'), false);
  assert.equal(concreteNames('EVENT').length, 20);
});

it('names from outside are told apart', () => {
  assert.equal(isEventName('TICK_5'), true);
  assert.equal(isEventName('TICK'), false);
  assert.equal(isAnyEventName('TICK'), true);
  for (const name of ['', 'tick_5', 'constructor', '__proto__', 'toString', 'TICK_']) {
    assert.equal(isEventName(name), false);
    assert.equal(isAnyEventName(name), false);
  }
});

it('every token has a kind, with the values of its schema', () => {
  const text = readFileSync(new URL('protocol-spec/events/common/tokens.schema.json', ROOT), 'utf8');
  const { definitions } = JSON.parse(text) as { definitions: { [token: string]: { enum?: unknown[] } } };
  const used = new Set(EVENT_NAMES.flatMap((name) => EVENT_WIRE[name].tokens));
  assert.deepEqual([...used].sort(), Object.keys(TOKEN_KINDS).sort());
  assert.deepEqual([...used, 'data'].sort(), Object.keys(definitions).sort());
  for (const token of used) assert.deepEqual(TOKEN_KINDS[token]?.values, definitions[token]?.enum);
});
