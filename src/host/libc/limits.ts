import { SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callGetrlimit = bind('getrlimit', 'int', ['int', 'void *']);
const callSetrlimit = bind('setrlimit', 'int', ['int', 'void *']);

/** Numbers of x64 and arm64. */
const RESOURCES = { processes: 6, descriptors: 7 } as const;
export type LimitedResource = keyof typeof RESOURCES;

const RLIM_INFINITY = 2n ** 64n - 1n;

/** `Infinity`: unlimited. */
export interface Limit {
  readonly soft: number;
  readonly hard: number;
}

/** Throws {@link SystemCallError}. */
export function getLimit(resource: LimitedResource): Limit {
  const pair = new BigUint64Array(2);
  if (callGetrlimit(RESOURCES[resource], pair) !== 0) throw new SystemCallError('getrlimit', lastErrno());
  return { soft: fromWire(pair[0]), hard: fromWire(pair[1]) };
}

/** Throws {@link SystemCallError}, as EPERM when `hard` would rise without privilege. */
export function setLimit(resource: LimitedResource, limit: Limit): void {
  const pair = BigUint64Array.of(toWire(limit.soft), toWire(limit.hard));
  if (callSetrlimit(RESOURCES[resource], pair) !== 0) throw new SystemCallError('setrlimit', lastErrno());
}

function fromWire(value = 0n): number {
  return value === RLIM_INFINITY ? Number.POSITIVE_INFINITY : Number(value);
}

function toWire(value: number): bigint {
  return value === Number.POSITIVE_INFINITY ? RLIM_INFINITY : BigInt(value);
}
