/** What a row of the table of methods holds, what is read off it, and the words that many rows share. */
import type { FaultName } from './faults.ts';

export type WireType = 'string' | 'int' | 'boolean' | 'array' | 'struct';

export interface Parameter {
  readonly name: string;
  readonly type: WireType;
  readonly help: string;
  /** May be left out. Only at the end of a list. */
  readonly optional?: true;
}

export interface MethodRow {
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly result: WireType;
  /** What the result is, in a few words. */
  readonly gives: string;
  /** Faults of its own; any method may also answer INCORRECT_PARAMETERS, and SHUTDOWN_STATE where gated. */
  readonly faults?: readonly FaultName[];
  readonly help: string;
}

export const NAME = { name: 'name', type: 'string', help: 'process name, or group:name' } as const;
export const GROUP = { name: 'name', type: 'string', help: 'group name' } as const;
export const ALWAYS = 'always true; everything else is a fault';
export const STATUSES = 'one struct of name, group, status and description per process';

/** How many parameters must be there; how many may is `row.params.length`. */
export function countRequired(row: MethodRow): number {
  return row.params.filter((parameter) => parameter.optional !== true).length;
}

/** The result's type, then those of the parameters, optional ones included. */
export function signatureOf(row: MethodRow): readonly WireType[] {
  return [row.result, ...row.params.map((parameter) => parameter.type)];
}

/** The help text with `@param` and `@return` lines, which clients of Supervisor read types from. */
export function helpText(row: MethodRow): string {
  const params = row.params.map(({ type, name, help }) => `@param ${type} ${name} ${help}\n`);
  return `${row.help}\n\n${params.join('')}@return ${row.result} result ${row.gives}\n`;
}
