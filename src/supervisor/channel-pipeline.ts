/**
 * What happens to the bytes of one channel of one run: colours are stripped, captured messages are cut out and
 * become PROCESS_COMMUNICATION events, the rest goes to the log file, to the main log at debug level and to
 * PROCESS_LOG events.
 */
import type { EventBus } from '../bus/event-bus.ts';
import type { ChannelConfig } from '../config/types.ts';
import { type Capture, createCapture } from '../log/capture.ts';
import { type AnsiStripper, createAnsiStripper } from '../log/strip-ansi.ts';
import { createTextCarry, decodeOrDescribe } from '../log/text-decoder.ts';
import type { Channel, LogSink, MainLog } from './ports.ts';

export interface ChannelPipelineDeps {
  readonly processname: string;
  readonly groupname: string;
  readonly pid: number;
  readonly channel: Channel;
  readonly config: ChannelConfig;
  /** A listener's stdout carries the protocol: it is logged, but makes no events. */
  readonly isProtocol: boolean;
  readonly stripAnsi: boolean;
  readonly sink: LogSink | undefined;
  readonly bus: EventBus;
  readonly log: MainLog;
}

const EVENTS = {
  stdout: { log: 'PROCESS_LOG_STDOUT', message: 'PROCESS_COMMUNICATION_STDOUT' },
  stderr: { log: 'PROCESS_LOG_STDERR', message: 'PROCESS_COMMUNICATION_STDERR' },
} as const;

export class ChannelPipeline {
  readonly #deps: ChannelPipelineDeps;
  readonly #strip: AnsiStripper | undefined;
  readonly #capture: Capture | undefined;
  readonly #carry = createTextCarry();

  constructor(deps: ChannelPipelineDeps) {
    this.#deps = deps;
    this.#strip = deps.stripAnsi ? createAnsiStripper() : undefined;
    const { captureMaxbytes } = deps.config;
    this.#capture =
      captureMaxbytes > 0 && !deps.isProtocol ? createCapture({ maxBytes: captureMaxbytes }) : undefined;
  }

  /** `bytes` is only valid during the call. */
  push(bytes: Uint8Array): void {
    this.#taken(this.#strip === undefined ? bytes : this.#strip(bytes));
  }

  /** The channel has ended: what was held back goes out. */
  end(): void {
    if (this.#strip !== undefined) this.#taken(this.#strip.end());
    if (this.#capture !== undefined) this.#captured(this.#capture.end());
    const rest = this.#carry.flush();
    if (rest.length > 0) this.#announce(rest);
  }

  #taken(bytes: Uint8Array): void {
    if (this.#capture === undefined) this.#logged(bytes);
    else this.#captured(this.#capture.push(bytes));
  }

  #captured(pieces: ReturnType<Capture['push']>): void {
    const { bus, channel, processname, groupname, pid, log } = this.#deps;
    for (const piece of pieces) {
      if (piece.kind === 'log') {
        this.#logged(piece.bytes);
        continue;
      }
      log.write('debug', `'${processname}' ${channel} emitted a comm event`);
      if (!bus.wants(EVENTS[channel].message)) continue;
      const data = decodeOrDescribe(piece.bytes);
      const extra = piece.truncated > 0 ? { truncated: piece.truncated } : undefined;
      bus.publish(EVENTS[channel].message, { processname, groupname, pid, data }, extra);
    }
  }

  #logged(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { sink, log, processname, channel, config, isProtocol, bus } = this.#deps;
    sink?.write(bytes);
    if (log.enabled('debug')) {
      log.write('debug', `'${processname}' ${channel} output:\n${decodeOrDescribe(bytes)}`);
    }
    if (config.eventsEnabled && !isProtocol && bus.wants(EVENTS[channel].log)) {
      this.#announce(this.#carry.push(bytes));
    }
  }

  /** A character that is cut by the end of a read waits for its rest, so that it is not taken for damage. */
  #announce(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { bus, channel, processname, groupname, pid } = this.#deps;
    bus.publish(EVENTS[channel].log, {
      processname,
      groupname,
      pid,
      channel,
      data: decodeOrDescribe(bytes),
    } as never);
  }
}
