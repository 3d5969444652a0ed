import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv } from 'ajv';
import {
  ABSTRACT_EVENT_NAMES,
  type AnyEventName,
  EVENT_NAMES,
  EVENT_PARENTS,
  type EventName,
  type EventPayloads,
} from '../../src/catalogue/generated.ts';
import { decodePayload, encodePayload } from '../../src/wire/payload.ts';

const SPEC = new URL('../../protocol-spec/', import.meta.url);

interface Example<N extends EventName> {
  readonly payload: EventPayloads[N];
  readonly text: string;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, SPEC), 'utf8'));
}

function createAjv(): Ajv {
  const ajv = new Ajv({ strict: true, strictRequired: true, allErrors: true });
  ajv.addVocabulary(['x-parent', 'x-abstract', 'x-wire']);
  ajv.addSchema(readJson('events/common/tokens.schema.json') as object);
  for (const name of [...EVENT_NAMES, ...ABSTRACT_EVENT_NAMES]) {
    ajv.addSchema(readJson(`events/${name}.schema.json`) as object);
  }
  return ajv;
}

function ancestors(name: EventName): AnyEventName[] {
  const parent = EVENT_PARENTS[name];
  const names: AnyEventName[] = [];
  for (let at = parent; at !== undefined; at = EVENT_PARENTS[at]) names.push(at);
  return names;
}

describe('examples', () => {
  const ajv = createAjv();

  it('there is one for each event and for nothing else', () => {
    const files = readdirSync(new URL('examples/', SPEC));
    assert.deepEqual(files.sort(), EVENT_NAMES.map((name) => `${name}.json`).sort());
  });

  for (const name of EVENT_NAMES) {
    const example = readJson(`examples/${name}.json`) as Example<typeof name>;
    const validate = ajv.getSchema(`${name}.schema.json`);

    it(`${name} fits its schema and those of its parents`, () => {
      for (const schema of [name, ...ancestors(name)]) {
        assert.equal(
          ajv.validate(`${schema}.schema.json`, example.payload),
          true,
          `${schema}: ${ajv.errorsText()}`,
        );
      }
    });

    it(`${name} is refused by its schema when a value is missing or of another type`, () => {
      for (const key of Object.keys(example.payload)) {
        assert.equal(validate?.({ ...example.payload, [key]: undefined }), false, key);
        assert.equal(validate?.({ ...example.payload, [key]: true }), false, key);
      }
    });

    it(`${name} is written and read exactly`, () => {
      assert.equal(encodePayload(name, example.payload), example.text);
      assert.deepEqual(decodePayload(name, example.text), example.payload);
    });
  }
});
