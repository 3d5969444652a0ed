import { Readable } from 'node:stream';
import Deserializer from 'xmlrpc/lib/deserializer.js';
import { serializeMethodCall } from 'xmlrpc/lib/serializer.js';
import { InvalidReplyError, RpcFaultError } from './client-errors.ts';

/**
 * Calls and replies as text, by the two halves of npm `xmlrpc`, with its gaps closed: docs/decisions/xmlrpc.md
 * lists them. What cannot be sent is refused here, before a connection is made.
 */

/** Throws TypeError for a value that XML-RPC has no form for: undefined, null, NaN, a number beyond 2^53. */
export function encodeCall(method: string, params: readonly unknown[]): string {
  const values = params.map((value, index) => sendable(value, `parameter ${index + 1} of ${method}`, 0));
  try {
    return serializeMethodCall(method, values);
  } catch (cause) {
    throw new TypeError(`${method}: a name in the call holds a character that XML cannot carry`, { cause });
  }
}

/** Reads a reply's body. Rejects with RpcFaultError or InvalidReplyError. */
export function decodeReply(method: string, body: Uint8Array): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // One chunk, so that no character is cut; the deserializer decodes it as UTF-8.
    const stream = Readable.from([body], { objectMode: false });
    new GuardedDeserializer('utf8').deserializeMethodResponse(stream, (error, value) => {
      if (error && 'faultCode' in error) reject(faultOf(method, error.faultCode, error.faultString));
      else if (error) reject(new InvalidReplyError(method, firstLine(error.message), error));
      else if (value === undefined) reject(new InvalidReplyError(method, 'it holds no value'));
      else resolve(value);
    });
  });
}

/**
 * The package throws out of an event handler, where nobody could catch it, when a fault holds no value; and it
 * makes buffers in a way that Node warns about on standard error.
 */
class GuardedDeserializer extends Deserializer {
  override onDone(): void {
    try {
      super.onDone();
    } catch (error) {
      this.onError(error);
    }
  }

  override endBase64(data: string): void {
    this.push(Buffer.from(data, 'base64'));
    this.value = false;
  }
}

/** The fault that a struct of these two members stands for, in a reply or inside a multicall's result. */
export function faultOf(method: string, code: unknown, text: unknown): RpcFaultError | InvalidReplyError {
  return typeof code === 'number' && typeof text === 'string'
    ? new RpcFaultError(method, code, text)
    : new InvalidReplyError(method, 'a fault without faultCode and faultString');
}

const DEEPEST = 64;

// XML 1.0 has no form at all for these, not even escaped.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** The value as the serializer can write it. */
function sendable(value: unknown, where: string, depth: number): unknown {
  if (depth > DEEPEST) throw new TypeError(`${where} is nested too deeply`);
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'string':
      // Supervisor reads <base64> as UTF-8 text, so a string with an escape character arrives whole that way.
      return NOT_XML.test(value) ? Buffer.from(value, 'utf8') : value;
    case 'number':
      if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
        throw new TypeError(`${where} is ${value}, which XML-RPC cannot carry`);
      return value;
    case 'object':
      if (value !== null) return sendableObject(value, where, depth);
  }
  throw new TypeError(`${where} is ${value === null ? 'null' : typeof value}, which XML-RPC cannot carry`);
}

function sendableObject(value: object, where: string, depth: number): unknown {
  if (value instanceof Date) return value;
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return value.map((item) => sendable(item, where, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      sendable(member, `${where}, member ${name},`, depth + 1),
    ]),
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
