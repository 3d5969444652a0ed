import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RemoteProtocolError } from '../../src/wire/errors.ts';
import {
  createEnvelopeReader,
  encodeReady,
  encodeResult,
  type ReceivedEnvelope,
} from '../../src/wire/event-frames.ts';
import {
  createResultReader,
  type EnvelopeFields,
  encodeEnvelope,
  expectNothing,
  type LengthUnit,
  readReady,
} from '../../src/wire/listener-frames.ts';
import type { Reader } from '../../src/wire/receive-buffer.ts';
import { loadVectors, readAll, type VectorText, vectorBytes, waysToCut } from './vector-files.ts';

type ReaderName = 'READY' | 'RESULT' | 'NOTHING' | 'EVENT';
interface ReaderFile {
  readonly reads: ReaderName;
  readonly grammar?: 'strict' | 'supervisor';
  readonly lengthUnit?: LengthUnit;
  readonly cases: readonly ReaderCase[];
}
interface ReaderCase {
  readonly name: string;
  readonly input: VectorText;
  readonly value?: unknown;
  readonly error?: string;
}
interface EventValue {
  readonly header: { readonly [key: string]: string | number };
  readonly payloadText: string;
  readonly tokens?: { readonly [key: string]: string };
}
interface ConversationCase {
  readonly name: string;
  readonly input: string;
  readonly reads: readonly ReaderName[];
  readonly values: readonly string[];
  readonly error?: string;
}
interface EnvelopeCase {
  readonly name: string;
  readonly fields: EnvelopeFields;
  readonly text: string;
}

const TRAILING = Buffer.from([0x0a, 0x52, 0x45, 0xff, 0x00]);

function createReader(name: ReaderName, file: Partial<ReaderFile> = {}): Reader<unknown> {
  switch (name) {
    case 'READY':
      return readReady;
    case 'NOTHING':
      return expectNothing;
    case 'RESULT':
      return createResultReader(file.grammar === undefined ? {} : { grammar: file.grammar });
    case 'EVENT':
      return createEnvelopeReader(file.lengthUnit);
  }
}

function assertCode(error: unknown, code: string): void {
  assert.ok(error instanceof RemoteProtocolError, `expected ${code}, got ${String(error)}`);
  assert.equal(error.code, code);
  assert.match(error.sample, /^[\x20-\x7e]*$/);
}

function assertValue(reads: ReaderName, actual: unknown, expected: unknown): void {
  if (reads === 'READY') {
    assert.equal(actual, expected);
  } else if (reads === 'RESULT') {
    assert.deepEqual(Buffer.from(actual as Uint8Array), vectorBytes(expected as VectorText));
  } else {
    const { header, payloadText } = actual as ReceivedEnvelope;
    const wanted = expected as EventValue;
    assert.equal(payloadText, wanted.payloadText);
    const { tokens, ...fields } = header;
    assert.deepEqual(fields, { bytes: undefined, ...wanted.header });
    for (const [key, text] of Object.entries(wanted.tokens ?? {})) assert.equal(tokens.get(key), text);
  }
}

for (const fileName of ['ready', 'nothing', 'result', 'result-supervisor', 'event', 'event-bytes']) {
  const file = loadVectors<ReaderFile>(fileName);
  describe(`vectors/listener/${fileName}.json`, () => {
    for (const { name, input, value, error } of file.cases) {
      it(name, () => {
        const bytes = vectorBytes(input);
        for (const chunks of waysToCut(bytes)) {
          const outcome = readAll(chunks, [createReader(file.reads, file)]);
          if (error !== undefined) {
            assertCode(outcome.error, error);
            continue;
          }
          assert.equal(outcome.error, undefined);
          if (value === 'NEED_DATA') {
            assert.deepEqual(outcome.values, []);
          } else {
            assert.equal(outcome.values.length, 1);
            assertValue(file.reads, outcome.values[0], value);
            assert.equal(outcome.rest.length, 0);
          }
        }
        if (value === undefined || value === 'NEED_DATA') return;
        for (const chunks of waysToCut(Buffer.concat([bytes, TRAILING]))) {
          const outcome = readAll(chunks, [createReader(file.reads, file)]);
          assertValue(file.reads, outcome.values[0], value);
          assert.deepEqual(Buffer.from(outcome.rest), TRAILING);
        }
      });
    }
  });
}

describe('vectors/listener/conversation.json', () => {
  for (const { name, input, reads, values, error } of loadVectors<{ cases: ConversationCase[] }>(
    'conversation',
  ).cases) {
    it(name, () => {
      for (const chunks of waysToCut(vectorBytes(input))) {
        const outcome = readAll(
          chunks,
          reads.map((reader) => createReader(reader)),
        );
        assert.deepEqual(
          outcome.values.map((value) =>
            typeof value === 'string' ? value : Buffer.from(value as Uint8Array).toString(),
          ),
          values,
        );
        if (error === undefined) assert.equal(outcome.error, undefined);
        else assertCode(outcome.error, error);
      }
    });
  }
});

describe('vectors/listener/envelope.json', () => {
  for (const { name, fields, text } of loadVectors<{ cases: EnvelopeCase[] }>('envelope').cases) {
    it(name, () => {
      assert.equal(Buffer.from(encodeEnvelope(fields)).toString(), text);
    });
  }
});

it('a listener writes what the vectors read', () => {
  assert.equal(Buffer.from(encodeReady()).toString(), 'READY\n');
  assert.equal(Buffer.from(encodeResult('OK')).toString(), 'RESULT 2\nOK');
  assert.equal(Buffer.from(encodeResult('héllo')).toString(), 'RESULT 6\nhéllo');
  assert.equal(Buffer.from(encodeResult('')).toString(), 'RESULT 0\n');
});
