/**
 * Parameters come without types and in order. Each reader takes what Supervisor's users may send for its type
 * (a number as text, anything for a boolean) and answers INCORRECT_PARAMETERS for what cannot be meant.
 */
import type { XmlRpcValue } from '../wire/xmlrpc-values.ts';
import { RpcFault } from './faults.ts';

export type Arguments = readonly XmlRpcValue[];

export function readText(args: Arguments, index: number): string {
  const value = args[index];
  if (typeof value !== 'string') throw new RpcFault('INCORRECT_PARAMETERS');
  return value;
}

export function readInteger(args: Arguments, index: number): number {
  const value = args[index];
  const number =
    typeof value === 'number'
      ? Math.trunc(value)
      : typeof value === 'string' && value.length < 32 && /^\s*[+-]?[0-9]+\s*$/.test(value)
        ? Number(value)
        : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new RpcFault('INCORRECT_PARAMETERS');
  return number;
}

/** Whatever is not empty or zero is true; a parameter that is left out is `absent`. */
export function readBoolean(args: Arguments, index: number, absent: boolean): boolean {
  const value = args[index];
  if (value === undefined) return absent;
  if (value === null) return false;
  if (typeof value !== 'object') return Boolean(value);
  return Array.isArray(value) ? value.length > 0 : !(value instanceof Map) || value.size > 0;
}

/** A value as people write it, for the text of a fault. */
export function showScalar(value: XmlRpcValue | undefined): string | undefined {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' || typeof value === 'string' ? String(value) : undefined;
}
