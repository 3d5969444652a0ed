import { SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callGetresuid = bind('getresuid', 'int', ['void *', 'void *', 'void *']);
const callGetresgid = bind('getresgid', 'int', ['void *', 'void *', 'void *']);

/** Real, effective and saved. */
export type IdTriple = readonly [number, number, number];

/** Of this thread; nobody here makes a difference between threads. Throws {@link SystemCallError}. */
export function ownUsers(): IdTriple {
  return readTriple(callGetresuid, 'getresuid');
}

/** As {@link ownUsers}. */
export function ownGroupIds(): IdTriple {
  return readTriple(callGetresgid, 'getresgid');
}

function readTriple(call: typeof callGetresuid, name: string): IdTriple {
  const real = new Uint32Array(1);
  const effective = new Uint32Array(1);
  const saved = new Uint32Array(1);
  if (call(real, effective, saved) !== 0) throw new SystemCallError(name, lastErrno());
  return [real[0] ?? 0, effective[0] ?? 0, saved[0] ?? 0];
}
