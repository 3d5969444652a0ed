import type { UserIdentity } from '../supervisor/ports.ts';
import { closeDescriptor, makePipe, readInto, setNonBlocking, waitReadable } from './libc/descriptors.ts';
import { OutputPipe } from './pipes.ts';
import { type PlacedStart, type PlaceRefusal, ProgramPlaces } from './program-places.ts';
import { switchRefusal } from './spawn-failure.ts';
import {
  REPORT_BYTES,
  readSwitchReport,
  type SwitchFailure,
  type SwitchPlan,
  switchImage,
} from './switch-program/image.ts';

/*
 * Users are switched in the child, after the fork, and never in the daemon: whoever has the real user id of one of
 * its threads, if only for a moment, may kill it in that moment. So the child first runs a small program of ours,
 * which becomes the user and then the real program. See docs/decisions/user-switch.md.
 *
 *     daemon                            child
 *     ------                            -----
 *     makes program and pipe
 *     posix_spawn                 ───▶  as root: descriptors, group, signals; exec of our program
 *     waits for the pipe                becomes the user, enters the directory
 *       it ends: that was all     ◀───  exec of the real program
 *       or a report of 8 bytes    ◀───  or a step has failed; exits with 127
 */

const ROOT = 0;
/** To setresuid and setresgid this number means "leave it as it is", which here is root. */
const UNCHANGED = 0xffff_ffff;

/** Whether a child of this user has to be switched: not if we are that user. Throws SpawnError if it cannot be. */
export function needsSwitch(user: UserIdentity, own: number | undefined = process.getuid?.()): boolean {
  if (own === user.uid) return false;
  if (own !== ROOT) throw switchRefusal(user, 'EPERM', "Can't drop privilege as nonroot user");
  if (user.uid === UNCHANGED) throw switchRefusal(user, 'EINVAL', 'EINVAL');
  if (user.gid === UNCHANGED) {
    throw switchRefusal(user, 'EINVAL', 'Could not set group id of effective user');
  }
  return true;
}

/** For the whole process, since what they have to find out is what the machine allows. */
const ownPlaces = new ProgramPlaces();

export type SwitchOutcome =
  | { readonly kind: 'refused'; readonly refusals: readonly PlaceRefusal[] }
  | { readonly kind: 'unstarted'; readonly errno: number; readonly path: string }
  | { readonly kind: 'switched'; readonly pid: number }
  | { readonly kind: 'failed'; readonly pid: number; readonly failure: SwitchFailure }
  | { readonly kind: 'undecided'; readonly pid: number; readonly report: LateReport };

/**
 * Starts a child that switches. `start` starts `path` with the arguments of the real program, makes `reporter` its
 * descriptor 3, and returns its pid or a negative error number. Then waits for the exec of the real program, holding
 * the thread, but not for ever: a process of the user may have stopped the child, or a file system may hang.
 *
 * Throws {@link SystemCallError} when there are no descriptors left; then no child was started.
 */
export function startSwitching(
  plan: SwitchPlan,
  patienceMs: number,
  start: (path: string, reporter: number) => number,
  places: ProgramPlaces = ownPlaces,
): SwitchOutcome {
  const { started, answer } = startReporting(plan, start, places);
  if (started.kind !== 'started') {
    closeDescriptor(answer);
    return started;
  }
  const { pid } = started;
  if (!waitReadable(answer, patienceMs)) return { kind: 'undecided', pid, report: new LateReport(answer) };
  const report = new Uint8Array(REPORT_BYTES);
  const count = readInto(answer, report);
  closeDescriptor(answer);
  const failure = readSwitchReport(report.subarray(0, Math.max(0, count)));
  return failure === undefined ? { kind: 'switched', pid } : { kind: 'failed', pid, failure };
}

/**
 * What became of the start, and the end of the pipe that the report can be read from. The pipe is made first, so that
 * the number of the program is not 3, which in the child becomes the pipe.
 */
function startReporting(
  plan: SwitchPlan,
  start: (path: string, reporter: number) => number,
  places: ProgramPlaces,
): { started: PlacedStart; answer: number } {
  const { readEnd, writeEnd } = makePipe();
  try {
    setNonBlocking(readEnd);
    const started = places.start(switchImage(plan), (path) => start(path, writeEnd));
    return { started, answer: readEnd };
  } catch (error) {
    closeDescriptor(readEnd);
    throw error;
  } finally {
    closeDescriptor(writeEnd);
  }
}

/** The pipe of a child that has not told in time what became of its switch. Owns the descriptor. */
export class LateReport {
  readonly #pipe: OutputPipe;
  #bytes = new Uint8Array();

  constructor(fd: number) {
    // Closed as soon as the real program runs, so that a child that lives on costs no descriptor.
    this.#pipe = new OutputPipe(fd, 'stderr', {
      output: (_, bytes) => {
        this.#bytes = Uint8Array.from(bytes.subarray(0, REPORT_BYTES));
      },
      sealed: () => undefined,
    });
  }

  /** To be called when the child is dead: the step that had failed, if one had. */
  take(): SwitchFailure | undefined {
    this.#pipe.drain(REPORT_BYTES);
    this.#pipe.cut();
    return readSwitchReport(this.#bytes);
  }
}
