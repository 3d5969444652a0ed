/**
 * Process groups that are being stopped: who is still in them, once their leader has ended.
 *
 * Only the parent of a process hears of its end, and whoever loses the parent gets a new one: init, or the nearest
 * ancestor that is a subreaper. So this process is one for as long as groups are watched, and no longer: what loses
 * its parent because a group is stopped comes here, and its end is a SIGCHLD like any other; what goes its own way
 * at any other time is init's, as under Supervisor. Who has lost its parent before the stop, or has one that lives
 * on, ends without a word. Therefore groups without a leader are also looked at once a second.
 *
 * The number of a group is not given to anybody else while the group has members. Later it may be; a process that
 * has it as its pid then shows that the group was empty before.
 */
import type { BulkWork, Cancel, Clock, GroupObserver } from '../supervisor/ports.ts';
import { errorCode } from './error-code.ts';
import { isSubreaper, sendSignal, setSubreaper } from './libc/signals.ts';

const LOOK_MS = 1000;
/** However many orphans end one after the other, looks are this far apart. */
const PACE_MS = 20;

interface WatchedGroup {
  readonly observer: GroupObserver;
  leaderless: boolean;
  /** Calls off what is about to be told. */
  hush?: Cancel;
}

export class WatchedGroups {
  readonly #clock: Clock;
  readonly #bulk: BulkWork;
  /** By the pid of the leader. */
  readonly #groups = new Map<number, WatchedGroup>();
  /** The leaders that have ended. */
  readonly #leaderless = new Set<number>();
  #lookedAt = 0;
  #next: { readonly due: number; readonly cancel: Cancel } | undefined;
  #adopting = false;

  constructor(clock: Clock, bulk: BulkWork) {
    this.#clock = clock;
    this.#bulk = bulk;
  }

  /** Of a leader that lives. */
  watch(leader: number, observer: GroupObserver): Cancel {
    const group: WatchedGroup = { observer, leaderless: false };
    this.#groups.set(leader, group);
    this.#adopt();
    return () => {
      group.hush?.();
      // Another run may have the number by now.
      if (this.#groups.get(leader) === group) this.#forget(leader);
    };
  }

  /** Whether its leader has ended and the rest is waited for. */
  isLeaderless(leader: number): boolean {
    return this.#leaderless.has(leader);
  }

  /** To be told when a new child has a number: then nobody was left in the group of that name. */
  numberTaken(pid: number): void {
    const group = this.#groups.get(pid);
    if (group === undefined) return;
    this.#forget(pid);
    group.hush = this.#clock.after(0, () => group.observer.emptied());
  }

  /** To be told after the end of every child. */
  childEnded(pid: number): void {
    const group = this.#groups.get(pid);
    if (group === undefined || group.leaderless) return;
    group.leaderless = true;
    this.#leaderless.add(pid);
    if (isEmpty(pid)) {
      this.#tellEmpty(pid);
    } else {
      this.#lookIn(LOOK_MS);
      group.observer.left();
    }
  }

  /** To be told when a process was reaped that is no child of ours by birth. */
  orphanEnded(): void {
    if (this.#leaderless.size === 0) return;
    this.#lookIn(Math.max(0, this.#lookedAt + PACE_MS - this.#clock.monotonic()));
  }

  /** Signals the rest of a group whose leader has ended. Throws SystemCallError. */
  signal(leader: number, signal: number): 'sent' | 'gone' {
    if (!isEmpty(leader)) return sendSignal(leader, signal, 'group');
    this.#lookIn(0);
    return 'gone';
  }

  close(): void {
    for (const leader of [...this.#groups.keys()]) this.#forget(leader);
  }

  #look(): void {
    this.#lookedAt = this.#clock.monotonic();
    void this.#bulk.each([...this.#leaderless], (leader) => {
      if (this.#leaderless.has(leader) && isEmpty(leader)) this.#tellEmpty(leader);
    });
    if (this.#leaderless.size > 0) this.#lookIn(LOOK_MS);
  }

  #lookIn(ms: number): void {
    const due = this.#clock.monotonic() + ms;
    if (this.#next !== undefined && this.#next.due <= due) return;
    this.#next?.cancel();
    const cancel = this.#clock.after(ms, () => {
      this.#next = undefined;
      this.#look();
    });
    this.#next = { due, cancel };
  }

  #tellEmpty(leader: number): void {
    const group = this.#groups.get(leader);
    this.#forget(leader);
    group?.observer.emptied();
  }

  #forget(leader: number): void {
    this.#groups.delete(leader);
    this.#leaderless.delete(leader);
    if (this.#leaderless.size === 0) {
      this.#next?.cancel();
      this.#next = undefined;
    }
    if (this.#groups.size === 0) this.#release();
  }

  #adopt(): void {
    // PID 1 gets the orphans anyway, and who was made a subreaper by others stays one.
    if (this.#adopting || process.pid === 1 || isSubreaper()) return;
    setSubreaper(true);
    this.#adopting = true;
  }

  #release(): void {
    if (!this.#adopting) return;
    setSubreaper(false);
    this.#adopting = false;
  }
}

function isEmpty(leader: number): boolean {
  return exists(leader, 'process') || !exists(leader, 'group');
}

function exists(id: number, target: 'process' | 'group'): boolean {
  try {
    return sendSignal(id, 0, target) === 'sent';
  } catch (error) {
    if (errorCode(error) !== 'EPERM') throw error;
    // Not ours to signal, but there.
    return true;
  }
}
