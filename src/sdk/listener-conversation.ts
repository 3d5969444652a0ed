/**
 * The listener's side of the protocol as one loop: say READY, take an event, have it handled, answer. An event is
 * answered and the next one asked for in one write, which saves the daemon a wake-up; with `prefetch` the next
 * one may be in the buffer by then.
 *
 * Bytes come from any async iterable and go to any function, so the loop runs over stdin and stdout, in tests
 * without a process, and against a daemon's codec in memory.
 */
import { createEnvelopeReader, encodeReady, encodeResult } from '../wire/event-frames.ts';
import type { LengthUnit } from '../wire/listener-frames.ts';
import { NEED_DATA, ReceiveBuffer } from '../wire/receive-buffer.ts';
import { type AnyEvent, decodeEvent } from './listener-event.ts';

export type Result = 'OK' | 'FAIL';

/** The daemon went away while it was sending an event. */
export class TruncatedInputError extends Error {
  override readonly name = 'TruncatedInputError';
  /** Bytes of the event that had arrived. */
  readonly received: number;

  constructor(received: number) {
    super(`stdin ended within an event, after ${received} bytes of it`);
    this.received = received;
  }
}

export interface ConversationOptions {
  readonly input: AsyncIterable<Uint8Array>;
  /** Hands bytes to the daemon. Returns false when nobody reads them any more; then the loop ends. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** Must not reject. */
  readonly handle: (event: AnyEvent) => Promise<Result>;
  /** `early` answers OK before the event is handled. */
  readonly ack: 'after' | 'early';
  readonly lengthUnit: LengthUnit;
  /** Ends the loop behind the event that is being handled. Whoever fires it also ends the input. */
  readonly signal: AbortSignal;
}

/**
 * Talks until the input ends or the signal fires. Throws RemoteProtocolError when the input is not the listener
 * protocol, and TruncatedInputError when it ends within an event's payload or header.
 */
export async function converse(options: ConversationOptions): Promise<void> {
  const { input, write, signal } = options;
  const buffer = new ReceiveBuffer();
  const read = createEnvelopeReader(options.lengthUnit);
  if (signal.aborted || !write(encodeReady())) return;
  for await (const chunk of input) {
    buffer.append(chunk);
    for (let envelope = read(buffer); envelope !== NEED_DATA; envelope = read(buffer)) {
      if (!(await answer(decodeEvent(envelope), options))) return;
    }
  }
  if (buffer.length > 0 && !signal.aborted) {
    throw new TruncatedInputError(buffer.length);
  }
}

/** Handles one event and answers it. False: there is no next one. */
async function answer(
  event: AnyEvent,
  { ack, handle, write, signal }: ConversationOptions,
): Promise<boolean> {
  if (ack === 'early' && !write(encodeResult('OK'))) return false;
  const result = await handle(event);
  const frames = ack === 'early' ? [] : [encodeResult(result)];
  if (!signal.aborted) frames.push(encodeReady());
  return write(Buffer.concat(frames)) && !signal.aborted;
}
