/**
 * Drives one process: feeds its machine with what happens, and does what the machine says.
 *
 * Inputs go through a mailbox. An effect that leads to a further input (a spawn that fails, a signal that cannot
 * be sent) therefore comes after the effects of the step it belongs to, and state is committed before any of
 * them is performed.
 */
import { BehaviorSubject, filter, firstValueFrom } from 'rxjs';
import type { ProcessConfig } from '../config/types.ts';
import {
  type Effect,
  INITIAL,
  type Input,
  type Policy,
  type Process,
  type TimerName,
} from '../process/life.ts';
import { step } from '../process/machine.ts';
import { planRestart, type RestartHistory } from '../process/restart-policy.ts';
import type { ProcessState } from '../process/states.ts';
import { isFinalExit } from './essential.ts';
import { type LaunchDeps, Launcher } from './launch.ts';
import { Mailbox } from './mailbox.ts';
import { type Cancel, CommandError, type ExitStatus, SpawnError } from './ports.ts';
import type { Run } from './run.ts';

export interface DriverDeps extends LaunchDeps {
  /** With `supervisor`, a stop is about the process alone, whatever becomes of its process group. */
  readonly compat: 'off' | 'supervisor';
  /** False once the daemon shuts down: nothing is restarted then. */
  readonly mayRestart: () => boolean;
}

/** Who is told what has become of the process. */
export interface DriverOwner {
  /** It is in another state, and the events of that are out. */
  changed(state: ProcessState): void;
  /** A run has ended, and everything that follows from that has been done. */
  ended(exit: ExitStatus): void;
}

type PendingInput = { readonly input: Input; readonly restart?: RestartHistory };

export class ProcessDriver {
  readonly launcher: Launcher;
  readonly #config: ProcessConfig;
  readonly #deps: DriverDeps;
  readonly #owner: DriverOwner;
  readonly #policy: Policy;
  readonly #state$ = new BehaviorSubject<ProcessState>('STOPPED');
  readonly #timers = new Map<TimerName, Cancel>();
  readonly #mailbox = new Mailbox<PendingInput>((pending) => this.#take(pending));
  #unwatchGroup: Cancel | undefined;
  #process: Process = INITIAL;
  #run: Run | undefined;
  #startedAt = 0;
  #stoppedAt = 0;
  #startedAtMonotonic = 0;
  #restarts: RestartHistory = [];
  #lastExit: ExitStatus | undefined;

  constructor(config: ProcessConfig, deps: DriverDeps, owner: DriverOwner) {
    this.#config = config;
    this.#deps = deps;
    this.#owner = owner;
    const asGroup = config.stopasgroup || config.killasgroup;
    this.#policy = { awaitsGroup: asGroup && deps.compat !== 'supervisor', ...config };
    this.launcher = new Launcher(config, deps);
  }

  get process(): Process {
    return this.#process;
  }

  /** The last run that was launched; it may be over. */
  get run(): Run | undefined {
    return this.#run;
  }

  /** Of the last attempt to start it, in milliseconds of the wall clock; 0: never. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Of the last end, likewise. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** How the last attempt to start it has ended; undefined when nothing was started, or runs yet. */
  get lastExit(): ExitStatus | undefined {
    return this.#lastExit;
  }

  /** Resolves with the first state, now or later, that is one of those. */
  whenState(wanted: (state: ProcessState) => boolean): Promise<ProcessState> {
    return firstValueFrom(this.#state$.pipe(filter(wanted)));
  }

  send(input: Input, restart?: RestartHistory): void {
    this.#mailbox.send(restart === undefined ? { input } : { input, restart });
  }

  /** What has come of an effect belongs to its step: it goes before what others have asked for meanwhile. */
  #sendFirst(input: Input): void {
    this.#mailbox.sendFirst({ input });
  }

  #take({ input, restart }: PendingInput): void {
    const [next, effects] = step(this.#policy, this.#process, input);
    const before = this.#process.phase;
    this.#process = next;
    const restarted =
      next.phase.name === 'STARTING' || (next.phase.name === 'EXITED' && next.phase.restarting);
    if (restart !== undefined && restarted) this.#restarts = restart;
    for (const effect of effects) this.#perform(effect);
    if (before.name !== this.#process.phase.name) this.#announce();
  }

  /** Tells those who wait for a state, after the events of the change are out. */
  #announce(): void {
    const { name } = this.#process.phase;
    if (this.#state$.value !== name) this.#state$.next(name);
    this.#deps.listener?.stateChanged();
    this.#owner.changed(name);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'emit':
        this.#deps.bus.publish(effect.event.name, effect.event.payload as never, effect.extra);
        return;
      case 'log':
        this.#deps.log.write(effect.level, effect.message);
        return;
      case 'spawn':
        this.#spawn();
        return;
      case 'signal':
        this.#signalMachine(effect.pid, effect.signal, effect.target);
        return;
      case 'watch':
        this.#watchGroup(effect.pid);
        return;
      case 'unwatch':
        this.#unwatchGroup?.();
        this.#unwatchGroup = undefined;
        return;
      case 'arm':
        this.#arm(effect.timer, effect.ms);
        return;
      case 'disarm':
        this.#disarm(effect.timer);
        return;
    }
  }

  #watchGroup(pid: number): void {
    this.#unwatchGroup = this.#deps.host.processes.watchGroup(pid, {
      left: () => this.send({ type: 'left' }),
      emptied: () => {
        this.#stoppedAt = this.#deps.host.clock.wall();
        this.send({ type: 'emptied' });
      },
    });
  }

  #arm(timer: TimerName, ms: number): void {
    this.#disarm(timer);
    const input: Input = timer === 'restart' ? { type: 'start' } : { type: timer };
    const cancel = this.#deps.host.clock.after(ms, () => {
      this.#timers.delete(timer);
      if (timer === 'restart' || timer === 'retry') this.#startedByTimer(input);
      else this.send(input);
    });
    this.#timers.set(timer, cancel);
  }

  /** A pause that ends while the daemon shuts down leads nowhere. */
  #startedByTimer(input: Input): void {
    this.send(this.#deps.mayRestart() ? input : { type: 'shutdown' });
  }

  #disarm(timer: TimerName): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #signalMachine(pid: number, signal: number, target: 'process' | 'group'): void {
    try {
      if (this.#deps.host.processes.signal(pid, signal, target) === 'gone') {
        this.#deps.log.write(
          'debug',
          `unable to signal ${this.#config.name} (pid ${pid}), it probably just exited on its own`,
        );
      }
    } catch (error) {
      this.#sendFirst({ type: 'signalFailed', message: messageOf(error) });
    }
  }

  #spawn(): void {
    this.#lastExit = undefined;
    this.#startedAt = this.#deps.host.clock.wall();
    this.#startedAtMonotonic = this.#deps.host.clock.monotonic();
    try {
      this.#run = this.launcher.launch((status, run) => this.#ended(status, run));
      this.#sendFirst({ type: 'spawned', pid: this.#run.child.pid });
    } catch (error) {
      if (!(error instanceof SpawnError) && !(error instanceof CommandError)) throw error;
      this.#sendFirst({ type: 'spawnFailed', message: error.message });
    }
  }

  #ended(status: ExitStatus, run: Run): void {
    this.#stoppedAt = this.#deps.host.clock.wall();
    const now = this.#deps.host.clock.monotonic();
    const plan = planRestart(this.#restarts, this.#startedAtMonotonic, now);
    const restartDelay =
      this.#deps.mayRestart() && !isFinalExit(this.#config, status) ? plan.delay : undefined;
    const proven = this.#deps.listener?.proven === true;
    this.#deps.listener?.exited();
    this.#lastExit = status;
    this.send({ type: 'exited', exit: status, restartDelay, proven }, plan.history);
    run.release();
    this.#owner.ended(status);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
