/**
 * Runs one process: feeds its machine with what happens, and does what the machine says.
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
import { isRunning, isSignallable, isStopped, type ProcessState } from '../process/states.ts';
import { signalName } from '../wire/signals.ts';
import { isFinalExit, isFinalWithoutRestart, shellCode } from './essential.ts';
import type { ProcessSnapshot, ProcessView, StartFailure, StopFailure, Watcher } from './facade.ts';
import { type LaunchDeps, Launcher } from './launch.ts';
import { Mailbox } from './mailbox.ts';
import {
  type Cancel,
  type Channel,
  CommandError,
  type ExitStatus,
  SpawnError,
  type WriteOutcome,
} from './ports.ts';
import type { Run } from './run.ts';

export interface ProcessActorDeps extends LaunchDeps {
  /** A program without which the daemon is to end has ended; `code` is what the daemon should exit with. */
  readonly onEssentialEnd: (process: string, code: number) => void;
  /** With `supervisor`, a stop is about the process alone, whatever becomes of its process group. */
  readonly compat: 'off' | 'supervisor';
  /** False once the daemon shuts down: nothing is restarted then. */
  readonly mayRestart: () => boolean;
  readonly watcher?: Watcher;
}

/** How often the log says that somebody waits for a stop. */
const WAITING_NOTE_MS = 2000;

type PendingInput = { readonly input: Input; readonly restart?: RestartHistory };

export class ProcessActor implements ProcessView {
  readonly name: string;
  readonly group: string;
  readonly config: ProcessConfig;
  readonly #deps: ProcessActorDeps;
  readonly #policy: Policy;
  readonly #launcher: Launcher;
  readonly #state$ = new BehaviorSubject<ProcessState>('STOPPED');
  readonly #timers = new Map<TimerName, Cancel>();
  #unwatchGroup: Cancel | undefined;
  #process: Process = INITIAL;
  /** The last run that was launched; it may be over. */
  #run: Run | undefined;
  readonly #mailbox = new Mailbox<PendingInput>((pending) => this.#take(pending));
  #startedAt = 0;
  #stoppedAt = 0;
  #startedAtMonotonic = 0;
  #restarts: RestartHistory = [];
  #startAgain = false;
  /** Of the last run; undefined when there was none. */
  #lastExit: ExitStatus | undefined;

  constructor(config: ProcessConfig, deps: ProcessActorDeps) {
    this.name = config.name;
    this.group = config.group;
    this.config = config;
    this.#deps = deps;
    const asGroup = config.stopasgroup || config.killasgroup;
    this.#policy = { awaitsGroup: asGroup && deps.compat !== 'supervisor', ...config };
    this.#launcher = new Launcher(config, deps);
  }

  get state(): ProcessState {
    return this.#process.phase.name;
  }

  get pid(): number {
    const { phase } = this.#process;
    return 'pid' in phase ? phase.pid : 0;
  }

  snapshot(): ProcessSnapshot {
    return {
      name: this.name,
      group: this.group,
      state: this.state,
      startedAt: this.#startedAt,
      stoppedAt: this.#stoppedAt,
      spawnError: this.#process.spawnError,
      exitStatus: this.#process.exitStatus ?? 0,
      pid: this.pid,
      stdoutLogfile: this.#deps.logfiles.stdout ?? '',
      stderrLogfile: this.#deps.logfiles.stderr ?? '',
    };
  }

  logfile(channel: Channel): string | undefined {
    return this.#deps.logfiles[channel];
  }

  /** Starts a program that has never run, for autostart: failures show in its state. */
  autostart(): void {
    if (this.state === 'STOPPED' && this.#startedAt === 0 && this.config.autostart)
      this.#send({ type: 'start' });
  }

  start(): { readonly begun: StartFailure | undefined; readonly done: Promise<StartFailure | undefined> } {
    const refused = this.#refuseStart();
    if (refused !== undefined) return { begun: refused, done: Promise.resolve(refused) };
    // Supervisor refuses to spawn while the old process lives, but does not tell the caller.
    if (this.state === 'STOPPING') {
      this.#deps.log.write('warn', `process '${this.name}' already running`);
      return { begun: undefined, done: Promise.resolve({ kind: 'ABNORMAL_TERMINATION' }) };
    }
    this.#send({ type: 'start' });
    const failed = this.#launchFailure();
    if (failed !== undefined) return { begun: failed, done: Promise.resolve(failed) };
    return { begun: undefined, done: this.#whenStarted() };
  }

  get restarting(): boolean {
    return this.#startAgain || (this.#process.phase.name === 'EXITED' && this.#process.phase.restarting);
  }

  stop(watched = false): { readonly begun: StopFailure | undefined; readonly done: Promise<void> } {
    if (!isRunning(this.state) && !this.restarting)
      return { begun: { kind: 'NOT_RUNNING' }, done: Promise.resolve() };
    this.#startAgain = false;
    this.#send({ type: 'stop' });
    if (this.state === 'UNKNOWN') {
      return { begun: { kind: 'FAILED', detail: this.#process.spawnError }, done: Promise.resolve() };
    }
    return { begun: undefined, done: watched ? this.#whenStoppedAloud() : this.whenStopped() };
  }

  /** Stops the process and starts it again once it has stopped, unless somebody stops it meanwhile. */
  bounce(): void {
    if (this.state !== 'RUNNING' && this.state !== 'STARTING') return;
    this.#send({ type: 'stop' });
    this.#startAgain = true;
  }

  /** Part of the daemon's shutdown: whatever waits is given up, whatever runs is stopped. */
  shutDown(): void {
    this.#startAgain = false;
    this.#send({ type: 'shutdown' });
  }

  async whenStopped(): Promise<void> {
    await firstValueFrom(this.#state$.pipe(filter(isStopped)));
  }

  async #whenStoppedAloud(): Promise<void> {
    const { clock } = this.#deps.host;
    let cancel: Cancel = () => undefined;
    const note = (): void => {
      this.#deps.log.write('info', `waiting for ${this.name} to stop`);
      cancel = clock.after(WAITING_NOTE_MS, note);
    };
    if (!isStopped(this.state)) note();
    await this.whenStopped();
    cancel();
  }

  signal(signal: number): StopFailure | undefined {
    if (!isSignallable(this.state)) return { kind: 'NOT_RUNNING' };
    try {
      const word = signalName(signal) ?? signal;
      this.#deps.log.write('debug', `sending ${this.name} (pid ${this.pid}) sig ${word}`);
      this.#deps.host.processes.signal(this.pid, signal, this.#leftBehind ? 'group' : 'process');
      return undefined;
    } catch (error) {
      const detail = `unknown problem sending sig ${this.name} (${this.pid}): ${messageOf(error)}`;
      this.#send({ type: 'signalFailed', message: detail });
      return { kind: 'FAILED', detail };
    }
  }

  /** Whether it is being stopped, has ended, and the rest of its process group is waited for. */
  get #leftBehind(): boolean {
    const { phase } = this.#process;
    return phase.name === 'STOPPING' && phase.rest !== undefined;
  }

  writeStdin(data: Uint8Array): WriteOutcome | 'not-running' {
    if (this.pid === 0 || this.state === 'STOPPING') return 'not-running';
    return this.#run?.child.write(data) ?? 'not-running';
  }

  clearLogs(): void {
    for (const channel of ['stdout', 'stderr'] as const) {
      const open = this.#run?.sink(channel);
      const sink = open ?? this.#launcher.openSink(channel);
      try {
        sink?.clear();
      } finally {
        if (open === undefined) sink?.close();
      }
    }
  }

  reopenLogs(): void {
    this.#run?.reopenLogs();
  }

  /** The order of Supervisor's checks: the command before the state. */
  #refuseStart(): StartFailure | undefined {
    try {
      this.#launcher.resolve();
    } catch (error) {
      if (error instanceof CommandError) return { kind: error.fault, detail: error.message };
      throw error;
    }
    if (isRunning(this.state)) return { kind: 'ALREADY_STARTED' };
    if (this.state === 'UNKNOWN') {
      return { kind: 'FAILED', detail: `${this.name} is in an unknown process state` };
    }
    return undefined;
  }

  #launchFailure(): StartFailure | undefined {
    return this.state === 'BACKOFF' || this.state === 'FATAL' ? { kind: 'SPAWN_ERROR' } : undefined;
  }

  async #whenStarted(): Promise<StartFailure | undefined> {
    const state = await firstValueFrom(this.#state$.pipe(filter((now) => now !== 'STARTING')));
    if (state === 'RUNNING') return undefined;
    if (this.#process.spawnError !== '') return { kind: 'SPAWN_ERROR' };
    return { kind: 'ABNORMAL_TERMINATION' };
  }

  #send(input: Input, restart?: RestartHistory): void {
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
    this.#deps.watcher?.processChanged(this);
    if (name === 'FATAL' && this.config.essential !== 'never') this.#essentialEnd();
    if (this.#startAgain && isStopped(name)) {
      this.#startAgain = false;
      if (name !== 'UNKNOWN' && this.#deps.mayRestart()) this.#send({ type: 'start' });
    }
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
        this.#unwatchGroup = this.#deps.host.processes.watchGroup(effect.pid, () => {
          this.#stoppedAt = this.#deps.host.clock.wall();
          this.#send({ type: 'emptied' });
        });
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

  #arm(timer: TimerName, ms: number): void {
    this.#disarm(timer);
    const input: Input = timer === 'restart' ? { type: 'start' } : { type: timer };
    const cancel = this.#deps.host.clock.after(ms, () => {
      this.#timers.delete(timer);
      if (timer === 'restart' || timer === 'retry') this.#startedByTimer(input);
      else this.#send(input);
    });
    this.#timers.set(timer, cancel);
  }

  /** A pause that ends while the daemon shuts down leads nowhere. */
  #startedByTimer(input: Input): void {
    this.#send(this.#deps.mayRestart() ? input : { type: 'shutdown' });
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
          `unable to signal ${this.name} (pid ${pid}), it probably just exited on its own`,
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
      this.#run = this.#launcher.launch((status, run) => this.#ended(status, run));
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
      this.#deps.mayRestart() && !isFinalExit(this.config, status) ? plan.delay : undefined;
    const proven = this.#deps.listener?.proven === true;
    this.#deps.listener?.exited();
    this.#lastExit = status;
    this.#send({ type: 'exited', exit: status, restartDelay, proven }, plan.history);
    run.release();
    const { phase } = this.#process;
    const down = phase.name === 'EXITED' && !phase.restarting;
    if (down && isFinalWithoutRestart(this.config, status)) this.#essentialEnd();
  }

  #essentialEnd(): void {
    // While the daemon stops everything ends, and means nothing.
    if (this.#deps.mayRestart()) this.#deps.onEssentialEnd(this.name, shellCode(this.#lastExit));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
