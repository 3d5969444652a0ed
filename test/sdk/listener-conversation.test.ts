import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventName, EventPayloads } from '../../src/catalogue/events.ts';
import { converse, TruncatedInputError } from '../../src/sdk/listener-conversation.ts';
import type { AnyEvent } from '../../src/sdk/listener-event.ts';
import { RemoteProtocolError } from '../../src/wire/errors.ts';
import { encodeEnvelope } from '../../src/wire/listener-frames.ts';
import { encodePayload } from '../../src/wire/payload.ts';

interface Talk {
  readonly written: string[];
  readonly events: AnyEvent[];
}

interface Setup {
  readonly ack?: 'after' | 'early';
  readonly result?: 'OK' | 'FAIL';
  readonly stopAfter?: number;
  readonly readers?: number;
}

function frame<N extends EventName>(name: N, payload: EventPayloads[N], serial = 1): Uint8Array {
  return encodeEnvelope({
    server: 'herald',
    serial,
    pool: 'test',
    poolserial: serial,
    eventname: name,
    payloadText: encodePayload(name, payload),
    lengthUnit: 'characters',
  });
}

async function talk(chunks: readonly Uint8Array[], setup: Setup = {}): Promise<Talk> {
  const written: string[] = [];
  const events: AnyEvent[] = [];
  const stop = new AbortController();
  async function* input() {
    yield* chunks;
  }
  await converse({
    input: input(),
    write: (bytes) => {
      written.push(new TextDecoder().decode(bytes));
      return written.length < (setup.readers ?? Number.POSITIVE_INFINITY);
    },
    handle: async (event) => {
      events.push(event);
      if (events.length === setup.stopAfter) stop.abort();
      return setup.result ?? 'OK';
    },
    ack: setup.ack ?? 'after',
    lengthUnit: 'characters',
    signal: stop.signal,
  });
  return { written, events };
}

const remote = (data: string, serial = 1) => frame('REMOTE_COMMUNICATION', { type: 'x', data }, serial);

test('READY first, then RESULT and READY in one write', async () => {
  const { written } = await talk([remote('a'), remote('b')]);
  assert.deepEqual(written, ['READY\n', 'RESULT 2\nOKREADY\n', 'RESULT 2\nOKREADY\n']);
});

test('a failed event is answered FAIL', async () => {
  const { written } = await talk([remote('a')], { result: 'FAIL' });
  assert.deepEqual(written, ['READY\n', 'RESULT 4\nFAILREADY\n']);
});

test('early: OK before the handler, READY behind it', async () => {
  const { written } = await talk([remote('a')], { ack: 'early', result: 'FAIL' });
  assert.deepEqual(written, ['READY\n', 'RESULT 2\nOK', 'READY\n']);
});

test('stopped while handling: the answer goes out, READY does not, and nothing more is handled', async () => {
  const both = Buffer.concat([remote('a'), remote('b')]);
  const { written, events } = await talk([both], { stopAfter: 1 });
  assert.deepEqual(written, ['READY\n', 'RESULT 2\nOK']);
  assert.equal(events.length, 1);
});

test('when nobody reads the answers, the conversation is over', async () => {
  const { events } = await talk([remote('a'), remote('b')], { readers: 2 });
  assert.equal(events.length, 1);
});

test('events that came together are handled one after the other, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 40 }),
      async (texts, size) => {
        const bytes = Buffer.concat(texts.map((data, serial) => remote(data, serial)));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
        const { events, written } = await talk(chunks);
        assert.deepEqual(
          events.map(({ event }) => event.text),
          texts.map((text) => `type:x\n${text}`),
        );
        assert.equal(written.join(''), `READY\n${'RESULT 2\nOKREADY\n'.repeat(texts.length)}`);
      },
    ),
    { numRuns: 60 },
  );
});

test('input that is not the protocol is an error, and so is an end within an event', async () => {
  await assert.rejects(talk([Buffer.from('hello\n')]), RemoteProtocolError);
  await assert.rejects(talk([remote('abc').subarray(0, -1)]), TruncatedInputError);
  await assert.rejects(talk([Buffer.from('ver:3.0 ser')]), TruncatedInputError);
});

test('a known event with a payload that is none of its kind is an error', async () => {
  const broken = encodeEnvelope({
    server: 'herald',
    serial: 1,
    pool: 'test',
    poolserial: 1,
    eventname: 'TICK_5',
    payloadText: 'when:soon',
    lengthUnit: 'characters',
  });
  await assert.rejects(talk([broken]), { name: 'RemoteProtocolError', code: 'bad-token' });
});
