/**
 * One run of a program: its child, its log files and what becomes of its output. A grandchild may hold the pipes
 * open after the program's end, while the next run is already under way; each run therefore has its own.
 */
import type { EventBus } from '../bus/event-bus.ts';
import type { ProcessConfig } from '../config/types.ts';
import { type ChannelOutput, createChannelOutput } from './channel-output.ts';
import { ChannelPipeline } from './channel-pipeline.ts';
import type { Channel, Child, ChildObserver, ExitStatus, Host, LogSink, MainLog } from './ports.ts';

/** Who reads a listener's stdout: the pool, instead of the capture and log-event machinery. */
export interface ListenerLink {
  spawned(child: Child): void;
  output(bytes: Uint8Array): void;
  /** The listener has closed its stdout: it can never answer again. */
  stdoutClosed(): void;
  exited(): void;
  /** This run has been handed events, so it has started, whatever startsecs says. */
  readonly proven: boolean;
  /** It may have become possible to deliver, or impossible. */
  stateChanged(): void;
}

export interface RunDeps {
  readonly host: Host;
  readonly bus: EventBus;
  readonly log: MainLog;
  readonly stripAnsi: boolean;
  readonly listener: ListenerLink | undefined;
}

/** Open log files; a channel that has ended has none any more. */
export type Sinks = Record<Channel, LogSink | undefined>;

export class Run implements ChildObserver {
  readonly #config: ProcessConfig;
  readonly #deps: RunDeps;
  readonly #sinks: Sinks;
  readonly #onExited: (status: ExitStatus, run: Run) => void;
  readonly #giveBack: () => void;
  #pipelines: Readonly<Record<Channel, ChannelPipeline>> | undefined;
  #child: Child | undefined;
  #alive = true;

  /** `giveBack` returns what was lent to the run beside its files; called once. */
  constructor(
    config: ProcessConfig,
    deps: RunDeps,
    sinks: Sinks,
    onExited: (status: ExitStatus, run: Run) => void,
    giveBack: () => void,
  ) {
    this.#config = config;
    this.#deps = deps;
    this.#sinks = sinks;
    this.#onExited = onExited;
    this.#giveBack = giveBack;
  }

  /** Only after {@link begin}. */
  get child(): Child {
    if (this.#child === undefined) throw new Error(`the run of ${this.#config.name} has not begun`);
    return this.#child;
  }

  sink(channel: Channel): LogSink | undefined {
    return this.#sinks[channel];
  }

  begin(child: Child): void {
    this.#child = child;
    const { name, group } = this.#config;
    const make = (channel: Channel) =>
      new ChannelPipeline({
        processname: name,
        groupname: group,
        pid: child.pid,
        channel,
        config: this.#config[channel],
        isProtocol: this.#isProtocol(channel),
        stripAnsi: this.#deps.stripAnsi,
        output: this.#outputOf(channel, child.pid),
        bus: this.#deps.bus,
        log: this.#deps.log,
      });
    this.#pipelines = { stdout: make('stdout'), stderr: make('stderr') };
    this.#deps.listener?.spawned(child);
  }

  /** The launch has failed. `text` is what the child would have said about it. */
  abandon(text: string | undefined): void {
    if (text !== undefined) {
      const output = this.#outputOf(this.#config.redirectStderr ? 'stdout' : 'stderr', 0);
      output?.write(new TextEncoder().encode(text));
      output?.end();
    }
    this.#sinks.stdout?.close();
    this.#sinks.stderr?.close();
    this.#giveBack();
  }

  /** The program has ended and its end has been dealt with. */
  release(): void {
    this.#giveBack();
  }

  reopenLogs(): void {
    this.#sinks.stdout?.reopen();
    this.#sinks.stderr?.reopen();
  }

  output(channel: Channel, bytes: Uint8Array): void {
    this.#pipelines?.[channel].push(bytes);
    if (channel === 'stdout' && this.#alive) this.#deps.listener?.output(bytes);
  }

  sealed(channel: Channel): void {
    this.#pipelines?.[channel].end();
    this.#sinks[channel]?.close();
    this.#sinks[channel] = undefined;
    if (channel === 'stdout' && this.#alive) this.#deps.listener?.stdoutClosed();
  }

  exited(status: ExitStatus): void {
    this.#alive = false;
    this.#onExited(status, this);
  }

  #isProtocol(channel: Channel): boolean {
    return channel === 'stdout' && this.#deps.listener !== undefined;
  }

  #outputOf(channel: Channel, pid: number): ChannelOutput | undefined {
    const { name, group, lineFormat } = this.#config;
    const { clock, syslog } = this.#deps.host;
    return createChannelOutput({
      process: name,
      group,
      pid,
      channel,
      config: this.#config[channel],
      lineFormat,
      isProtocol: this.#isProtocol(channel),
      sink: this.#sinks[channel],
      clock,
      syslog,
    });
  }
}
