/**
 * XML-RPC text in, values out. Strict about structure, since what is malformed should be seen as such by the
 * one who sent it; generous where Supervisor's users rely on it (untyped values are strings, `<params>` may be
 * absent, `base64` is UTF-8 text). See protocol-spec/xmlrpc.md.
 */
import { XmlScanner } from './xmlrpc-scanner.ts';
import {
  type MethodCall,
  type MethodResponse,
  XmlRpcDateTime,
  XmlRpcSyntaxError,
  type XmlRpcValue,
} from './xmlrpc-values.ts';

/** Arrays and structs inside each other; far more than any caller needs, far less than the stack holds. */
export const MAX_DEPTH = 64;

/** Reads a `<methodCall>`. Throws {@link XmlRpcSyntaxError}. */
export function parseCall(bytes: Uint8Array): MethodCall {
  const scanner = new XmlScanner(decode(bytes));
  scanner.skip();
  if (!scanner.open('methodCall')) noMethod(scanner);
  scanner.skip();
  // Some writers put the parameters first, and Supervisor does not mind.
  let params = readParams(scanner);
  if (scanner.peekOpen() !== 'methodName') noMethod(scanner);
  const method = readText(scanner, 'methodName');
  scanner.skip();
  params ??= readParams(scanner);
  scanner.close('methodCall');
  scanner.end();
  if (method === '') noMethod(scanner);
  return { method, params: params ?? [] };
}

/** Reads a `<methodResponse>`, for clients. Throws {@link XmlRpcSyntaxError}. */
export function parseResponse(bytes: Uint8Array): MethodResponse {
  const scanner = new XmlScanner(decode(bytes));
  scanner.skip();
  if (!scanner.open('methodResponse')) scanner.fail('an empty response');
  scanner.skip();
  const response = scanner.peekOpen() === 'fault' ? readFault(scanner) : readResult(scanner);
  scanner.close('methodResponse');
  scanner.end();
  return response;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The decoder's own error says no more than this, and not where.
    throw new XmlRpcSyntaxError('bytes that are not UTF-8', 0);
  }
}

function noMethod(scanner: XmlScanner): never {
  throw new XmlRpcSyntaxError('no method name', scanner.offset, 'no-method');
}

function readResult(scanner: XmlScanner): MethodResponse {
  const [value, ...more] = readParams(scanner) ?? [];
  if (value === undefined || more.length > 0) return scanner.fail('a response has exactly one value');
  return { kind: 'result', value };
}

function readFault(scanner: XmlScanner): MethodResponse {
  scanner.open('fault');
  scanner.skip();
  const value = readValue(scanner, 0);
  scanner.skip();
  scanner.close('fault');
  scanner.skip();
  const code = value instanceof Map ? value.get('faultCode') : undefined;
  const text = value instanceof Map ? value.get('faultString') : undefined;
  if (typeof code !== 'number' || typeof text !== 'string')
    return scanner.fail('a fault without its members');
  return { kind: 'fault', code, text };
}

/** Reads `<params>` and the space behind it; undefined when something else stands here. */
function readParams(scanner: XmlScanner): XmlRpcValue[] | undefined {
  if (scanner.peekOpen() !== 'params') return undefined;
  const params: XmlRpcValue[] = [];
  if (scanner.open('params')) {
    scanner.skip();
    for (let next = scanner.peekOpen(); next !== undefined; next = scanner.peekOpen()) {
      // Scripts that write their XML by hand leave one of the two elements out, and Supervisor does not mind.
      params.push(next === 'value' ? readValue(scanner, 0) : readParam(scanner));
      scanner.skip();
    }
    scanner.close('params');
  }
  scanner.skip();
  return params;
}

function readParam(scanner: XmlScanner): XmlRpcValue {
  if (!scanner.open('param')) scanner.fail('an empty <param>');
  scanner.skip();
  const element = scanner.peekOpen() ?? scanner.fail('a <param> without <value>');
  const value = element === 'value' ? readValue(scanner, 0) : readTyped(scanner, element, 0);
  scanner.skip();
  scanner.close('param');
  return value;
}

function readValue(scanner: XmlScanner, depth: number): XmlRpcValue {
  if (depth > MAX_DEPTH) scanner.fail(`more than ${MAX_DEPTH} levels`);
  if (!scanner.open('value')) return '';
  const text = scanner.text();
  const type = scanner.peekOpen();
  if (type === undefined) {
    scanner.close('value');
    return text;
  }
  if (!isBlank(text)) scanner.fail('text beside a typed value');
  const value = readTyped(scanner, type, depth);
  scanner.skip();
  scanner.close('value');
  return value;
}

function readTyped(scanner: XmlScanner, type: string, depth: number): XmlRpcValue {
  if (type === 'array') return readArray(scanner, depth);
  if (type === 'struct') return readStruct(scanner, depth);
  const read = SCALARS.get(type);
  if (read === undefined) return scanner.fail(`<${type}> is no type`);
  const value = read(readText(scanner, type));
  return value === undefined ? scanner.fail(`what <${type}> holds is none`) : value;
}

function readText(scanner: XmlScanner, element: string): string {
  if (!scanner.open(element)) return '';
  const text = scanner.text();
  scanner.close(element);
  return text;
}

function readArray(scanner: XmlScanner, depth: number): XmlRpcValue {
  const values: XmlRpcValue[] = [];
  if (!scanner.open('array')) scanner.fail('an array without <data>');
  scanner.skip();
  if (scanner.open('data')) {
    scanner.skip();
    while (scanner.peekOpen() === 'value') {
      values.push(readValue(scanner, depth + 1));
      scanner.skip();
    }
    scanner.close('data');
  }
  scanner.skip();
  scanner.close('array');
  return values;
}

function readStruct(scanner: XmlScanner, depth: number): XmlRpcValue {
  const members = new Map<string, XmlRpcValue>();
  if (!scanner.open('struct')) return members;
  scanner.skip();
  while (scanner.peekOpen() === 'member') {
    if (!scanner.open('member')) scanner.fail('an empty <member>');
    scanner.skip();
    const name = readText(scanner, 'name');
    scanner.skip();
    members.set(name, readValue(scanner, depth + 1));
    scanner.skip();
    scanner.close('member');
    scanner.skip();
  }
  scanner.close('struct');
  return members;
}

/** Gives undefined for text that is none of its type. */
type ReadScalar = (text: string) => XmlRpcValue | undefined;

const SCALARS: ReadonlyMap<string, ReadScalar> = new Map<string, ReadScalar>([
  ['int', readInteger],
  ['i4', readInteger],
  ['i8', readInteger],
  ['boolean', readBoolean],
  ['string', (text: string) => text],
  ['double', readDouble],
  ['dateTime.iso8601', readDateTime],
  ['base64', readBase64],
  ['nil', readNil],
]);

/** Not of the specification either, but Python's clients send it for None, and Supervisor takes it. */
function readNil(text: string): null | undefined {
  return isBlank(text) ? null : undefined;
}

function readInteger(text: string): number | undefined {
  const number = /^\s*[+-]?[0-9]+\s*$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** `true` and `false` are not of the specification, yet there are clients that send them. */
function readBoolean(text: string): boolean | undefined {
  const word = text.trim();
  if (word === '1' || word === 'true') return true;
  return word === '0' || word === 'false' ? false : undefined;
}

function readDouble(text: string): number | undefined {
  // The pattern is quadratic in the number of digits, so that number is bounded.
  if (text.length > 400) return undefined;
  if (!/^\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

function readDateTime(text: string): XmlRpcDateTime | undefined {
  return /^\d{8}T\d{2}:\d{2}:\d{2}$/.test(text.trim()) ? new XmlRpcDateTime(text.trim()) : undefined;
}

const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUE: ReadonlyMap<string, number> = new Map([...BASE64_DIGITS].map((digit, i) => [digit, i]));

function readBase64(text: string): string | undefined {
  const digits = text.replace(/[ \t\r\n]+/g, '');
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  const length = digits.indexOf('=') < 0 ? digits.length : digits.indexOf('=');
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let held = 0;
  for (let i = 0, filled = 0; i < length; i += 1) {
    held = ((held << 6) | (BASE64_VALUE.get(digits.charAt(i)) ?? 0)) & 0xffffff;
    // Of every four digits the second, third and fourth each complete one byte.
    if (i % 4 !== 0) bytes[filled++] = held >> (6 - 2 * (i % 4));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Bytes that are no text cannot be handed to any method; the caller reports where.
    return undefined;
  }
}

function isBlank(text: string): boolean {
  return /^[ \t\r\n]*$/.test(text);
}
