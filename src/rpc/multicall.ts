/**
 * `system.multicall`: calls strictly one after the other, bare values and fault structs as results, as Supervisor
 * does it. A long list lets go of the event loop now and then, and its answer has a largest size.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EncodedValue, type XmlRpcResult, type XmlRpcValue } from '../wire/xmlrpc-values.ts';
import { encodeValue } from '../wire/xmlrpc-writer.ts';
import type { Arguments } from './arguments.ts';
import { RpcFault } from './faults.ts';

export type CallMethod = (method: string, params: Arguments) => XmlRpcResult | Promise<XmlRpcResult>;

/** How long calls may run before others get their turn, in milliseconds. */
const STRETCH = 20;
/** Characters of XML in one answer; calls beyond are answered by a fault. */
const MAX_ANSWER = 128 * 1024 * 1024;

export async function runMulticall(
  call: CallMethod,
  args: Arguments,
  report: (error: unknown) => void,
): Promise<XmlRpcResult> {
  const calls = args[0];
  if (!isList(calls)) throw new RpcFault('INCORRECT_PARAMETERS');
  const items: string[] = [];
  let size = 0;
  let since = performance.now();
  for (const entry of calls) {
    const answer = size > MAX_ANSWER ? encodeFault(TOO_LARGE) : await runEntry(call, entry, report);
    size += answer.length;
    items.push(`<value>${answer}</value>\n`);
    if (performance.now() - since > STRETCH) {
      await nextTurn();
      since = performance.now();
    }
  }
  return new EncodedValue(`<array><data>\n${items.join('')}</data></array>`);
}

const TOO_LARGE = new RpcFault('FAILED', 'the answers before this one are too large together');

async function runEntry(
  call: CallMethod,
  entry: XmlRpcValue,
  report: (error: unknown) => void,
): Promise<string> {
  try {
    if (!(entry instanceof Map)) throw new RpcFault('INCORRECT_PARAMETERS');
    const method: XmlRpcValue | undefined = entry.get('methodName');
    const params: XmlRpcValue = entry.has('params') ? entry.get('params') : [];
    if (method === undefined || method === null) throw new RpcFault('INCORRECT_PARAMETERS', 'No methodName');
    if (method === 'system.multicall') {
      throw new RpcFault('INCORRECT_PARAMETERS', 'Recursive system.multicall forbidden');
    }
    if (typeof method !== 'string' || !isList(params)) throw new RpcFault('INCORRECT_PARAMETERS');
    return encodeValue(await call(method, params));
  } catch (error) {
    if (error instanceof RpcFault) return encodeFault(error);
    report(error);
    return encodeFault(new RpcFault('FAILED', 'an internal error; the main log has it'));
  }
}

function encodeFault(fault: RpcFault): string {
  return encodeValue({ faultCode: fault.code, faultString: fault.message });
}

function isList(value: XmlRpcValue | undefined): value is readonly XmlRpcValue[] {
  return Array.isArray(value);
}
