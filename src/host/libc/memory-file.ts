import { closeDescriptor, writeAll } from './descriptors.ts';
import { EINVAL, SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

/** glibc 2.27, musl 1.1.20; Linux 3.17. */
const callMemfdCreate = bind('memfd_create', 'int', ['str', 'uint']);
const callFcntl = bind('fcntl', 'int', ['int', 'int', 'long']);

const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
/** Linux 6.3, which without it asks vm.memfd_noexec; older kernels do not know it. */
const MFD_EXEC = 0x10;
const F_ADD_SEALS = 1033;
/** F_SEAL_SEAL, _SHRINK, _GROW, _WRITE. */
const EVERY_SEAL = 1 | 2 | 4 | 8;

/**
 * A program in memory, without a name in any file system: a close-on-exec descriptor of a file that nobody can change
 * any more, root neither. It runs as `/proc/self/fd/<descriptor>`. Throws {@link SystemCallError}, as EACCES where
 * vm.memfd_noexec forbids such programs.
 */
export function makeMemoryProgram(name: string, bytes: Uint8Array): number {
  const fd = createMemoryFile(name);
  try {
    writeAll(fd, bytes);
    if (callFcntl(fd, F_ADD_SEALS, EVERY_SEAL) !== 0) throw new SystemCallError('fcntl', lastErrno());
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function createMemoryFile(name: string): number {
  const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  let fd = callMemfdCreate(name, flags | MFD_EXEC);
  if (fd < 0 && lastErrno() === EINVAL) fd = callMemfdCreate(name, flags);
  if (fd < 0) throw new SystemCallError('memfd_create', lastErrno());
  return fd;
}
