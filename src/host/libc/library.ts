import koffi from 'koffi';

/**
 * The C library that this process already runs on, be it glibc or musl. All calls of the folder go through
 * here. A call costs about 0.3 µs.
 *
 * Types follow LP64 Linux (x64 and arm64, the two that Herald supports): `int` and `pid_t` have 32 bits,
 * `long`, `size_t` and pointers 64.
 */
const libc = koffi.load(null);

type CType = 'int' | 'uint' | 'long' | 'ulong' | 'size_t' | 'str' | 'void *' | 'passwd *';
type CValue<T extends CType> = T extends 'str' ? string : T extends 'void *' | 'passwd *' ? Memory : number;

/** Memory of ours that a call reads or fills during the call; null is NULL. */
export type Memory = ArrayBufferView | null;

/**
 * Binds a function of the C library. Functions with variable arguments may be bound with the fixed ones that
 * are needed: on both architectures they are passed in the same registers.
 */
export function bind<const A extends readonly CType[]>(
  name: string,
  result: 'int' | 'long',
  parameters: A,
): (...values: { -readonly [I in keyof A]: CValue<A[I]> }) => number {
  return libc.func(name, result, [...parameters]);
}

/** Binds a function that returns a pointer to a `struct passwd`, or NULL. */
export function bindPasswd<const A extends readonly CType[]>(
  name: string,
  parameters: A,
): (...values: { -readonly [I in keyof A]: CValue<A[I]> }) => PasswdPointer | null {
  return libc.func(name, 'passwd *', [...parameters]);
}

/** The part of `struct passwd` that counts here, at the same place in glibc and musl. */
const passwd = koffi.struct('passwd', {
  pw_name: 'str',
  pw_passwd: 'str',
  pw_uid: 'uint32',
  pw_gid: 'uint32',
});

declare const pointerBrand: unique symbol;
export type PasswdPointer = { readonly [pointerBrand]: 'passwd' };

export function readPasswd(pointer: PasswdPointer): { pw_name: string; pw_uid: number; pw_gid: number } {
  return koffi.decode(pointer, passwd);
}

/** The address of the first byte of `memory`, which must stay reachable for as long as C may follow it. */
export function addressOf(memory: ArrayBufferView): bigint {
  return koffi.address(memory);
}

/** The error number of the last call; only meaningful right behind one that said it failed. */
export function lastErrno(): number {
  return koffi.errno();
}

export function clearErrno(): void {
  koffi.errno(0);
}
