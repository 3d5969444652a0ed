import { constants } from 'node:fs';
import { closeDescriptor, writeAll } from './descriptors.ts';
import { SystemCallError } from './errno.ts';
import { bind, lastErrno } from './library.ts';

const callOpen = bind('open', 'int', ['str', 'int', 'uint']);
const callFchmod = bind('fchmod', 'int', ['int', 'uint']);

const { O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } = constants;
const O_CLOEXEC = 0o2000000;
/** O_DIRECTORY is part of it, and has another number on arm64. Linux 3.11, and not every file system. */
const O_TMPFILE = 0o20000000 | O_DIRECTORY;
const READ_EXECUTE = 0o500;

/**
 * A program on the file system of this folder, without a name: a close-on-exec descriptor of a file that never had a
 * name and, for O_EXCL, cannot be given one. Nobody but root can open it, be it in a folder where everybody writes. It
 * runs as `/proc/self/fd/<descriptor>`, except where the file system is mounted noexec. Throws {@link SystemCallError}.
 */
export function makeUnnamedProgram(folder: string, bytes: Uint8Array): number {
  const writer = open('open', folder, O_TMPFILE | O_EXCL | O_WRONLY);
  try {
    // Not when it is opened, for the umask of the daemon may take any bit away.
    if (callFchmod(writer, READ_EXECUTE) !== 0) throw new SystemCallError('fchmod', lastErrno());
    writeAll(writer, bytes);
    // A file that somebody can write to cannot be run (ETXTBSY), so this one gets a reader before the writer closes.
    return open('open of /proc/self/fd', `/proc/self/fd/${writer}`, O_RDONLY);
  } finally {
    closeDescriptor(writer);
  }
}

function open(call: string, path: string, flags: number): number {
  const fd = callOpen(path, flags | O_CLOEXEC, 0);
  if (fd < 0) throw new SystemCallError(call, lastErrno());
  return fd;
}
