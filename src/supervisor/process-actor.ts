/** One process as others see it and steer it; its driver runs it. */
import type { ProcessConfig } from '../config/types.ts';
import { isRunning, isSignallable, isStopped, type ProcessState } from '../process/states.ts';
import { signalName } from '../wire/signals.ts';
import { isFinalWithoutRestart, shellCode } from './essential.ts';
import type { ProcessSnapshot, ProcessView, StartFailure, StopFailure, Watcher } from './facade.ts';
import { type Cancel, type Channel, CommandError, type ExitStatus, type WriteOutcome } from './ports.ts';
import { type DriverDeps, ProcessDriver } from './process-driver.ts';

export interface ProcessActorDeps extends DriverDeps {
  /** A program without which the daemon is to end has ended; `code` is what the daemon should exit with. */
  readonly onEssentialEnd: (process: string, code: number) => void;
  readonly watcher?: Watcher;
}

/** How often the log says that somebody waits for a stop. */
const WAITING_NOTE_MS = 2000;

export class ProcessActor implements ProcessView {
  readonly name: string;
  readonly group: string;
  readonly config: ProcessConfig;
  readonly #deps: ProcessActorDeps;
  readonly #driver: ProcessDriver;
  #startAgain = false;

  constructor(config: ProcessConfig, deps: ProcessActorDeps) {
    this.name = config.name;
    this.group = config.group;
    this.config = config;
    this.#deps = deps;
    this.#driver = new ProcessDriver(config, deps, {
      changed: (state) => this.#changed(state),
      ended: (exit) => this.#ended(exit),
    });
  }

  get state(): ProcessState {
    return this.#driver.process.phase.name;
  }

  get pid(): number {
    const { phase } = this.#driver.process;
    return 'pid' in phase ? phase.pid : 0;
  }

  snapshot(): ProcessSnapshot {
    return {
      name: this.name,
      group: this.group,
      state: this.state,
      startedAt: this.#driver.startedAt,
      stoppedAt: this.#driver.stoppedAt,
      spawnError: this.#driver.process.spawnError,
      exitStatus: this.#driver.process.exitStatus ?? 0,
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
    if (this.state === 'STOPPED' && this.#driver.startedAt === 0 && this.config.autostart)
      this.#driver.send({ type: 'start' });
  }

  start(): { readonly begun: StartFailure | undefined; readonly done: Promise<StartFailure | undefined> } {
    const refused = this.#refuseStart();
    if (refused !== undefined) return { begun: refused, done: Promise.resolve(refused) };
    // Supervisor refuses to spawn while the old process lives, but does not tell the caller.
    if (this.state === 'STOPPING') {
      this.#deps.log.write('warn', `process '${this.name}' already running`);
      return { begun: undefined, done: Promise.resolve({ kind: 'ABNORMAL_TERMINATION' }) };
    }
    this.#driver.send({ type: 'start' });
    const failed = this.#launchFailure();
    if (failed !== undefined) return { begun: failed, done: Promise.resolve(failed) };
    return { begun: undefined, done: this.#whenStarted() };
  }

  get restarting(): boolean {
    return (
      this.#startAgain ||
      (this.#driver.process.phase.name === 'EXITED' && this.#driver.process.phase.restarting)
    );
  }

  stop(watched = false): { readonly begun: StopFailure | undefined; readonly done: Promise<void> } {
    if (!isRunning(this.state) && !this.restarting)
      return { begun: { kind: 'NOT_RUNNING' }, done: Promise.resolve() };
    this.#startAgain = false;
    this.#driver.send({ type: 'stop' });
    if (this.state === 'UNKNOWN') {
      return { begun: { kind: 'FAILED', detail: this.#driver.process.spawnError }, done: Promise.resolve() };
    }
    return { begun: undefined, done: watched ? this.#whenStoppedAloud() : this.whenStopped() };
  }

  /** Stops the process and starts it again once it has stopped, unless somebody stops it meanwhile. */
  bounce(): void {
    if (this.state !== 'RUNNING' && this.state !== 'STARTING') return;
    this.#driver.send({ type: 'stop' });
    this.#startAgain = true;
  }

  /** Part of the daemon's shutdown: whatever waits is given up, whatever runs is stopped. */
  shutDown(): void {
    this.#startAgain = false;
    this.#driver.send({ type: 'shutdown' });
  }

  async whenStopped(): Promise<void> {
    await this.#driver.whenState(isStopped);
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
    // Without a pid it is about to be launched: nobody is there yet.
    if (!isSignallable(this.state) || this.pid === 0) return { kind: 'NOT_RUNNING' };
    try {
      const word = signalName(signal) ?? signal;
      this.#deps.log.write('debug', `sending ${this.name} (pid ${this.pid}) sig ${word}`);
      this.#deps.host.processes.signal(this.pid, signal, this.#leftBehind ? 'group' : 'process');
      return undefined;
    } catch (error) {
      const detail = `unknown problem sending sig ${this.name} (${this.pid}): ${messageOf(error)}`;
      this.#driver.send({ type: 'signalFailed', message: detail });
      return { kind: 'FAILED', detail };
    }
  }

  /** Whether it is being stopped, has ended, and the rest of its process group is waited for. */
  get #leftBehind(): boolean {
    const { phase } = this.#driver.process;
    return phase.name === 'STOPPING' && phase.rest !== undefined;
  }

  writeStdin(data: Uint8Array): WriteOutcome | 'not-running' {
    if (this.pid === 0 || this.state === 'STOPPING') return 'not-running';
    return this.#driver.run?.child.write(data) ?? 'not-running';
  }

  clearLogs(): void {
    for (const channel of ['stdout', 'stderr'] as const) {
      const open = this.#driver.run?.sink(channel);
      // Nobody writes it: to clear what is not there would make a file, or fail for want of a folder.
      if (open === undefined && !this.#driver.launcher.hasLog(channel)) continue;
      const sink = open ?? this.#driver.launcher.openSink(channel);
      try {
        sink?.clear();
      } finally {
        if (open === undefined) sink?.close();
      }
    }
  }

  reopenLogs(): void {
    this.#driver.run?.reopenLogs();
  }

  /** The order of Supervisor's checks: the command before the state. */
  #refuseStart(): StartFailure | undefined {
    try {
      this.#driver.launcher.resolve();
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
    const state = await this.#driver.whenState((now) => now !== 'STARTING');
    if (state === 'RUNNING') return undefined;
    if (this.#driver.process.spawnError !== '') return { kind: 'SPAWN_ERROR' };
    return { kind: 'ABNORMAL_TERMINATION' };
  }

  #changed(state: ProcessState): void {
    this.#deps.watcher?.processChanged(this);
    if (state === 'FATAL' && this.config.essential !== 'never') this.#essentialEnd();
    if (this.#startAgain && isStopped(state)) {
      this.#startAgain = false;
      if (state !== 'UNKNOWN' && this.#deps.mayRestart()) this.#driver.send({ type: 'start' });
    }
  }

  #ended(exit: ExitStatus): void {
    const { phase } = this.#driver.process;
    const down = phase.name === 'EXITED' && !phase.restarting;
    if (down && isFinalWithoutRestart(this.config, exit)) this.#essentialEnd();
  }

  #essentialEnd(): void {
    // While the daemon stops everything ends, and means nothing.
    if (this.#deps.mayRestart()) this.#deps.onEssentialEnd(this.name, shellCode(this.#driver.lastExit));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
