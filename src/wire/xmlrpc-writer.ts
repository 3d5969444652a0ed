/**
 * XML-RPC text by plain string building, laid out line by line as Python's xmlrpc does it, since that is what
 * Supervisor's clients have always seen. Two differences, both where Supervisor's reply is of no use: a control
 * character that XML forbids is written as `?`, and an integer beyond 32 bits is written as `<i8>`.
 */
import { EncodedValue, XmlRpcDateTime, type XmlRpcResult } from './xmlrpc-values.ts';

const RESPONSE_HEAD = "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>";
const RESPONSE_TAIL = '</value>\n</param>\n</params>\n</methodResponse>\n';
const FAULT_HEAD = "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value>";
const FAULT_TAIL = '</value>\n</fault>\n</methodResponse>\n';

// Lone surrogates are included: they have no UTF-8 form, so encoding would change the text silently.
const SPECIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find.
  /[&<>\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ALL_SPECIAL = new RegExp(SPECIAL.source, 'g');

/** The whole text of a response that carries a result. */
export function writeResponse(value: XmlRpcResult): string {
  return RESPONSE_HEAD + encodeValue(value) + RESPONSE_TAIL;
}

/** The whole text of a response that carries a fault. */
export function writeFault(code: number, text: string): string {
  return FAULT_HEAD + encodeValue({ faultCode: code, faultString: text }) + FAULT_TAIL;
}

/** The whole text of a call, for clients. */
export function writeCall(method: string, params: readonly XmlRpcResult[]): string {
  const values = params.map((value) => `<param>\n<value>${encodeValue(value)}</value>\n</param>\n`).join('');
  const name = escapeText(method);
  return `<?xml version='1.0'?>\n<methodCall>\n<methodName>${name}</methodName>\n<params>\n${values}</params>\n</methodCall>\n`;
}

/** What stands inside `<value>`. */
export function encodeValue(value: XmlRpcResult): string {
  switch (typeof value) {
    case 'string':
      return `<string>${escapeText(value)}</string>`;
    case 'number':
      return encodeNumber(value);
    case 'boolean':
      return value ? '<boolean>1</boolean>' : '<boolean>0</boolean>';
    default:
      return encodeCompound(value);
  }
}

/** One member of a struct, for those who build a struct's text in pieces. */
export function encodeMember(name: string, value: XmlRpcResult): string {
  return `<member>\n<name>${escapeText(name)}</name>\n<value>${encodeValue(value)}</value>\n</member>\n`;
}

export function escapeText(text: string): string {
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, replaceSpecial) : text;
}

function replaceSpecial(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    default:
      // One ASCII character for one byte: offsets that a client counts in a log stay right.
      return '?';
  }
}

function encodeNumber(value: number): string {
  if (!Number.isInteger(value)) return `<double>${value}</double>`;
  if (value >= -2147483648 && value <= 2147483647) return `<int>${value}</int>`;
  return Number.isSafeInteger(value) ? `<i8>${value}</i8>` : `<double>${value}</double>`;
}

function encodeCompound(value: Exclude<XmlRpcResult, string | number | boolean>): string {
  if (value === null) return '<nil/>';
  if (value instanceof EncodedValue) return value.xml;
  if (value instanceof XmlRpcDateTime)
    return `<dateTime.iso8601>${escapeText(value.text)}</dateTime.iso8601>`;
  if (isArray(value)) return encodeArray(value);
  let members = '';
  const entries = value instanceof Map ? value : Object.entries(value);
  for (const [name, member] of entries) members += encodeMember(name, member);
  return `<struct>\n${members}</struct>`;
}

function encodeArray(values: readonly XmlRpcResult[]): string {
  let items = '';
  for (const value of values) items += `<value>${encodeValue(value)}</value>\n`;
  return `<array><data>\n${items}</data></array>`;
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: object): value is readonly XmlRpcResult[] {
  return Array.isArray(value);
}
