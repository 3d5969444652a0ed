import { EINTR, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callPipe2 = bind('pipe2', 'int', ['void *', 'int']);
const callFcntl = bind('fcntl', 'int', ['int', 'int', 'long']);
const callDup2 = bind('dup2', 'int', ['int', 'int']);
const callClose = bind('close', 'int', ['int']);
const callRead = bind('read', 'long', ['int', 'void *', 'size_t']);
const callPoll = bind('poll', 'int', ['void *', 'ulong', 'int']);
const callWrite = bind('write', 'long', ['int', 'void *', 'size_t']);
const callSyscall = bind('syscall', 'long', ['long', 'long', 'long', 'long']);

/** The same on x64 and arm64. */
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const F_SETPIPE_SZ = 1031;
const F_GETPIPE_SZ = 1032;
const SYS_close_range = 436;
const CLOSE_RANGE_CLOEXEC = 4;
const POLLIN = 1;

const ends = new Int32Array(2);

export interface PipeEnds {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** A new pipe, both ends blocking and close-on-exec. Throws {@link SystemCallError}, as EMFILE. */
export function makePipe(): PipeEnds {
  if (callPipe2(ends, O_CLOEXEC) !== 0) throw new SystemCallError('pipe2', lastErrno());
  return { readEnd: ends[0] ?? -1, writeEnd: ends[1] ?? -1 };
}

/** Only this end: the two ends of a pipe have flags of their own. Throws {@link SystemCallError}. */
export function setNonBlocking(fd: number): void {
  const flags = callFcntl(fd, F_GETFL, 0);
  if (flags < 0 || callFcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
    throw new SystemCallError('fcntl', lastErrno());
  }
}

/** Room for at least so many bytes; left as it is when there is no more to be had, for a user's pipes share a limit. */
export function widenPipe(fd: number, bytes: number): void {
  // It would make a larger one smaller.
  if (callFcntl(fd, F_GETPIPE_SZ, 0) < bytes) callFcntl(fd, F_SETPIPE_SZ, bytes);
}

/** Another descriptor of the same open file, close-on-exec. Throws {@link SystemCallError}. */
export function duplicate(fd: number, lowest: number = 3): number {
  const copy = callFcntl(fd, F_DUPFD_CLOEXEC, lowest);
  if (copy < 0) throw new SystemCallError('fcntl', lastErrno());
  return copy;
}

/** `target` is from now on what `fd` is; what it was before is closed. Throws {@link SystemCallError}. */
export function duplicateOnto(fd: number, target: number): void {
  for (;;) {
    if (callDup2(fd, target) >= 0) return;
    const errno = lastErrno();
    if (errno !== EINTR) throw new SystemCallError('dup2', errno);
  }
}

/** Throws {@link SystemCallError}: a descriptor that cannot be closed is a mistake in our book-keeping. */
export function closeDescriptor(fd: number): void {
  // On Linux the descriptor is gone even when close reports EINTR.
  if (callClose(fd) !== 0 && lastErrno() !== EINTR) throw new SystemCallError('close', lastErrno());
}

/** Bytes read, 0 at the end of the file, or a negative error number: no exception for what is everyday. */
export function readInto(fd: number, buffer: Uint8Array): number {
  for (;;) {
    const count = callRead(fd, buffer, buffer.byteLength);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno !== EINTR) return -errno;
  }
}

/** Whether there is something to read, be it the end, within so many milliseconds; holds the thread until then. */
export function waitReadable(fd: number, ms: number): boolean {
  const until = performance.now() + ms;
  for (;;) {
    const left = Math.max(0, Math.ceil(until - performance.now()));
    // A struct pollfd: int fd, short events, short revents.
    const result = callPoll(Int32Array.of(fd, POLLIN), 1, left);
    if (result >= 0) return result > 0;
    // Whoever cannot wait has not heard anything either.
    if (lastErrno() !== EINTR) return false;
  }
}

/** Bytes written, which may be fewer than given, or a negative error number. */
export function writeFrom(fd: number, bytes: Uint8Array): number {
  for (;;) {
    const count = callWrite(fd, bytes, bytes.byteLength);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno !== EINTR) return -errno;
  }
}

/** For files, which take everything unless they fail. Throws {@link SystemCallError}, as ENOSPC. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = writeFrom(fd, bytes.subarray(done));
    if (count < 0) throw new SystemCallError('write', -count);
    done += count;
  }
}

/**
 * Marks every descriptor from `first` on as close-on-exec, also those that the daemon's own parent left open.
 * Returns false where the kernel does not know how (before Linux 5.11); Node has then marked the low ones.
 */
export function closeOnExecFrom(first: number): boolean {
  return callSyscall(SYS_close_range, first, 0xffffffff, CLOSE_RANGE_CLOEXEC) === 0;
}
