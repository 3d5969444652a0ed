import { fchownSync } from 'node:fs';
import type { SpawnRequest, UserIdentity } from '../supervisor/ports.ts';
import { closeDescriptor, makePipe, setNonBlocking } from './libc/descriptors.ts';
import { SystemCallError } from './libc/errno.ts';
import { descriptorOf } from './listening-sockets.ts';
import { pipesFailure } from './spawn-failure.ts';

/** The pipes of one child, until either it or nobody has them. */
export class ChildPipes {
  readonly ours: { stdin: number | undefined; stdout: number; stderr: number | undefined };
  readonly theirs: { stdin: number; stdout: number; stderr: number };
  readonly #made: { ours: number; theirs: number }[] = [];

  constructor(name: string, { redirectStderr, stdin: socket }: SpawnRequest) {
    try {
      const stdin =
        socket === undefined ? this.#make('writeEnd') : { ours: undefined, theirs: descriptorOf(socket) };
      const stdout = this.#make('readEnd');
      const stderr = redirectStderr ? undefined : this.#make('readEnd');
      this.ours = { stdin: stdin.ours, stdout: stdout.ours, stderr: stderr?.ours };
      this.theirs = { stdin: stdin.theirs, stdout: stdout.theirs, stderr: (stderr ?? stdout).theirs };
    } catch (error) {
      this.closeOurs();
      this.closeTheirs();
      throw error instanceof SystemCallError ? pipesFailure(name, error) : error;
    }
  }

  /**
   * Whoever opens /dev/stdout opens the pipe anew, which only its owner may. As container engines do with the streams
   * of a container that has a user. The owner may also open it through the /proc of the child, from any process and at
   * both ends: no conversation is safe there, so of a child that `converses` only stderr is handed over.
   */
  handOver({ uid }: UserIdentity, converses: boolean): void {
    const { stderr } = this.theirs;
    const pipes = converses ? this.#made.filter(({ theirs }) => theirs === stderr) : this.#made;
    try {
      for (const { theirs } of pipes) fchownSync(theirs, uid, -1);
    } catch {
      // Without CAP_CHOWN the streams work all the same, only not by name.
    }
  }

  closeOurs(): void {
    for (const { ours } of this.#made) closeDescriptor(ours);
  }

  closeTheirs(): void {
    for (const { theirs } of this.#made) closeDescriptor(theirs);
  }

  /** Only our end is non-blocking: most programs do not expect it of theirs. */
  #make(ourEnd: 'readEnd' | 'writeEnd'): { ours: number; theirs: number } {
    const pipe = makePipe();
    const theirs = ourEnd === 'readEnd' ? pipe.writeEnd : pipe.readEnd;
    const made = { ours: pipe[ourEnd], theirs };
    this.#made.push(made);
    setNonBlocking(made.ours);
    return made;
  }
}
