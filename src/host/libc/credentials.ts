import { SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

/*
 * On Linux credentials belong to the thread. The C library's setuid family makes all threads follow; the raw
 * system calls change the calling thread alone, and that is what is wanted here: the main thread becomes
 * somebody else for the length of one spawn while the thread pool stays who it is.
 */
const callSyscall = bind('syscall', 'long', ['long', 'long', 'long', 'long']);
const callSyscallMemory = bind('syscall', 'long', ['long', 'long', 'void *']);
const callGetresuid = bind('getresuid', 'int', ['void *', 'void *', 'void *']);
const callGetresgid = bind('getresgid', 'int', ['void *', 'void *', 'void *']);
const callGetgroups = bind('getgroups', 'int', ['int', 'void *']);
const callPrctl = bind('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);

const NUMBERS: Partial<Record<string, { setgroups: number; setresuid: number; setresgid: number }>> = {
  x64: { setgroups: 116, setresuid: 117, setresgid: 119 },
  arm64: { setgroups: 159, setresuid: 147, setresgid: 149 },
};

const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

/** Real, effective and saved. */
export type IdTriple = readonly [number, number, number];

/** Each setter changes this thread only, and returns 0 or a negative error number. */
export interface ThreadCredentials {
  users(): IdTriple;
  groupIds(): IdTriple;
  groups(): readonly number[];
  setGroups(groups: readonly number[]): number;
  setGroupIds(ids: IdTriple): number;
  setUsers(ids: IdTriple): number;
  /** Ambient capabilities would survive the exec of an unprivileged user; root has no need of them. */
  dropAmbient(): void;
}

export const threadCredentials: ThreadCredentials = {
  users: () => readTriple(callGetresuid, 'getresuid'),
  groupIds: () => readTriple(callGetresgid, 'getresgid'),
  groups: readGroups,
  setGroups: (groups) => {
    const list = Uint32Array.from(groups);
    return outcome(callSyscallMemory(systemCalls().setgroups, list.length, list));
  },
  setGroupIds: (ids) => outcome(callSyscall(systemCalls().setresgid, ...ids)),
  setUsers: (ids) => outcome(callSyscall(systemCalls().setresuid, ...ids)),
  dropAmbient: () => {
    // EINVAL on kernels before 4.3, which have no ambient set to drop.
    callPrctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  },
};

function outcome(result: number): number {
  return result === 0 ? 0 : -lastErrno();
}

function readTriple(call: typeof callGetresuid, name: string): IdTriple {
  const real = new Uint32Array(1);
  const effective = new Uint32Array(1);
  const saved = new Uint32Array(1);
  if (call(real, effective, saved) !== 0) throw new SystemCallError(name, lastErrno());
  return [real[0] ?? 0, effective[0] ?? 0, saved[0] ?? 0];
}

function readGroups(): readonly number[] {
  const count = callGetgroups(0, null);
  if (count < 0) throw new SystemCallError('getgroups', lastErrno());
  const list = new Uint32Array(count);
  const filled = callGetgroups(count, list);
  if (filled < 0) throw new SystemCallError('getgroups', lastErrno());
  return [...list.subarray(0, filled)];
}

function systemCalls(): { setgroups: number; setresuid: number; setresgid: number } {
  const numbers = NUMBERS[process.arch];
  if (numbers === undefined) throw new Error(`users cannot be switched on ${process.arch}`);
  return numbers;
}
