import { EINTR, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

/*
 * Sockets that Node cannot give away (a listening one without an event loop behind it) or does not know (datagrams
 * of unix). Numbers are the same on x64 and arm64, structures the same in glibc and musl.
 */
const callSocket = bind('socket', 'int', ['int', 'int', 'int']);
const callBind = bind('bind', 'int', ['int', 'void *', 'uint']);
const callListen = bind('listen', 'int', ['int', 'int']);
const callConnect = bind('connect', 'int', ['int', 'void *', 'uint']);
const callSend = bind('send', 'long', ['int', 'void *', 'size_t', 'int']);
const callSetsockopt = bind('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']);
const callGetaddrinfo = bind('getaddrinfo', 'int', ['str', 'void *', 'void *', 'void *']);
const callFreeaddrinfo = bind('freeaddrinfo', 'int', ['ulong']);
const callMemcpy = bind('memcpy', 'long', ['void *', 'ulong', 'size_t']);

const FAMILIES = { unix: 1, inet: 2 } as const;
const KINDS = { stream: 1, datagram: 2 } as const;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** `sun_path` of `struct sockaddr_un`, with the NUL at its end. */
const UNIX_PATH_BYTES = 108;
const ADDRINFO_BYTES = 48;
const SOCKADDR_IN_BYTES = 16;

/** A `struct sockaddr` of some kind. */
export type SocketAddress = Uint8Array;

/** A new socket, close-on-exec. Throws {@link SystemCallError}. */
export function makeSocket(
  family: keyof typeof FAMILIES,
  kind: keyof typeof KINDS,
  blocking: boolean,
): number {
  const flags = SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
  return checked('socket', callSocket(FAMILIES[family], KINDS[kind] | flags, 0));
}

/** Throws {@link SystemCallError}. */
export function reuseAddress(fd: number): void {
  const one = Int32Array.of(1);
  checked('setsockopt', callSetsockopt(fd, SOL_SOCKET, SO_REUSEADDR, one, one.byteLength));
}

/** Throws {@link SystemCallError}, as EADDRINUSE. */
export function bindSocket(fd: number, address: SocketAddress): void {
  checked('bind', callBind(fd, address, address.byteLength));
}

/** Throws {@link SystemCallError}. The kernel shortens a backlog that is too long for it. */
export function listenSocket(fd: number, backlog: number): void {
  checked('listen', callListen(fd, backlog));
}

/** 0, or a negative error number. */
export function connectSocket(fd: number, address: SocketAddress): number {
  return callConnect(fd, address, address.byteLength) === 0 ? 0 : -lastErrno();
}

/** Sends one datagram without waiting: 0, or a negative error number. */
export function sendDatagram(fd: number, bytes: Uint8Array): number {
  for (;;) {
    if (callSend(fd, bytes, bytes.byteLength, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
    const errno = lastErrno();
    if (errno !== EINTR) return -errno;
  }
}

/** undefined when the path is too long for a socket, or has a NUL. */
export function unixAddress(path: string): SocketAddress | undefined {
  const bytes = new TextEncoder().encode(path);
  if (bytes.length >= UNIX_PATH_BYTES || bytes.includes(0)) return undefined;
  const address = new Uint8Array(2 + UNIX_PATH_BYTES);
  new DataView(address.buffer).setUint16(0, FAMILIES.unix, true);
  address.set(bytes, 2);
  return address;
}

/**
 * The first IPv4 address of a host; undefined when it has none. Asks the resolver of the C library, which for a name
 * that is not in /etc/hosts may take a while: but a socket can only be bound to an address of this machine.
 */
export function inetAddress(host: string, port: number): SocketAddress | undefined {
  const hints = new Int32Array(ADDRINFO_BYTES / 4);
  hints[1] = FAMILIES.inet;
  hints[2] = KINDS.stream;
  const found = new BigUint64Array(1);
  if (host.includes('\0') || callGetaddrinfo(host, null, hints, found) !== 0) return undefined;
  // Addresses in user space have 47 bits, which a number holds.
  const first = Number(found[0]);
  try {
    const info = new DataView(copyFrom(first, ADDRINFO_BYTES).buffer);
    const address = copyFrom(Number(info.getBigUint64(24, true)), SOCKADDR_IN_BYTES);
    new DataView(address.buffer).setUint16(2, port, false);
    return address;
  } finally {
    callFreeaddrinfo(first);
  }
}

function copyFrom(pointer: number, length: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(length);
  callMemcpy(copy, pointer, length);
  return copy;
}

function checked(syscall: string, result: number): number {
  if (result < 0) throw new SystemCallError(syscall, lastErrno());
  return result;
}
