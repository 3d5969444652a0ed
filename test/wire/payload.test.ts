import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventName } from '../../src/catalogue/generated.ts';
import { LocalProtocolError, RemoteProtocolError } from '../../src/wire/errors.ts';
import { decodePayload, encodePayload, parsePayload } from '../../src/wire/payload.ts';
import { loadVectors } from './vector-files.ts';

interface PayloadCase {
  readonly name: string;
  readonly event: EventName;
  readonly text: string;
  readonly payload?: unknown;
  readonly error?: string;
}

describe('vectors/listener/payload.json', () => {
  for (const { name, event, text, payload, error } of loadVectors<{ cases: PayloadCase[] }>('payload')
    .cases) {
    it(name, () => {
      if (error === undefined) {
        assert.deepEqual(decodePayload(event, text), payload);
        return;
      }
      assert.throws(
        () => decodePayload(event, text),
        (thrown) => thrown instanceof RemoteProtocolError && thrown.code === error,
      );
    });
  }
});

it('the payload of an event that nobody knows can still be looked at', () => {
  const { tokens, body } = parsePayload('colour:red size:3\nmore: text\n');
  assert.deepEqual(
    [...tokens],
    [
      ['colour', 'red'],
      ['size', '3'],
    ],
  );
  assert.equal(body, 'more: text\n');
  assert.deepEqual(parsePayload(''), { tokens: new Map(), body: undefined });
});

it('a name that is not in the catalogue is a mistake of the caller', () => {
  assert.throws(() => encodePayload('PROCESS_STATE' as EventName, {} as never), LocalProtocolError);
});
