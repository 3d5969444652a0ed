/**
 * What happens to the bytes of one channel of one run: colours are stripped, captured messages are cut out and
 * become PROCESS_COMMUNICATION events, the rest goes to the log file, to the main log at debug level and to
 * PROCESS_LOG events.
 */
import type { EventBus } from '../bus/event-bus.ts';
import type { ChannelConfig } from '../config/types.ts';
import { type Capture, type CapturePiece, createCapture } from '../log/capture.ts';
import { type AnsiStripper, createAnsiStripper } from '../log/strip-ansi.ts';
import { createTextCarry, decodeOrDescribe } from '../log/text-decoder.ts';
import type { ChannelOutput } from './channel-output.ts';
import type { Channel, MainLog } from './ports.ts';

export interface ChannelPipelineDeps {
  readonly processname: string;
  readonly groupname: string;
  readonly pid: number;
  readonly channel: Channel;
  readonly config: ChannelConfig;
  /** A listener's stdout carries the protocol: it is logged, but makes no events. */
  readonly isProtocol: boolean;
  readonly stripAnsi: boolean;
  readonly output: ChannelOutput | undefined;
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
      captureMaxbytes > 0 && !deps.isProtocol
        ? createCapture({ maxBytes: captureMaxbytes, reportCaptured: deps.config.eventsEnabled })
        : undefined;
  }

  /** `bytes` is only valid during the call. */
  push(bytes: Uint8Array): void {
    this.#taken(this.#strip === undefined ? bytes : this.#strip(bytes));
  }

  /** The channel has ended: what was held back goes out. */
  end(): void {
    if (this.#strip !== undefined) this.#taken(this.#strip.end());
    if (this.#capture !== undefined) this.#captured(this.#capture.end());
    this.#deps.output?.end();
    const rest = this.#carry.flush();
    if (rest.length > 0) this.#publishLog(rest);
  }

  #taken(bytes: Uint8Array): void {
    if (this.#capture === undefined) this.#logged(bytes);
    else this.#captured(this.#capture.push(bytes));
  }

  #captured(pieces: readonly CapturePiece[]): void {
    for (const piece of pieces) {
      switch (piece.kind) {
        case 'log':
          this.#logged(piece.bytes);
          break;
        case 'captured':
          this.#announce(piece.bytes);
          break;
        case 'message':
          this.#publishMessage(piece.bytes, piece.truncated);
          break;
      }
    }
  }

  #publishMessage(bytes: Uint8Array, truncated: number): void {
    const { bus, channel, processname, groupname, pid, log } = this.#deps;
    log.write('debug', `'${processname}' ${channel} emitted a comm event`);
    const { message } = EVENTS[channel];
    if (!bus.wants(message)) return;
    const data = decodeOrDescribe(bytes);
    bus.publish(message, { processname, groupname, pid, data }, truncated > 0 ? { truncated } : undefined);
  }

  #logged(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const { output, log, processname, channel, isProtocol } = this.#deps;
    output?.write(bytes);
    if (log.enabled('debug')) {
      log.write('debug', `'${processname}' ${channel} output:\n${decodeOrDescribe(bytes)}`);
    }
    if (!isProtocol) this.#announce(bytes);
  }

  /** A character that is cut by the end of a read waits for its rest, so that it is not taken for damage. */
  #announce(bytes: Uint8Array): void {
    const { bus, channel, config } = this.#deps;
    if (!config.eventsEnabled || !bus.wants(EVENTS[channel].log)) return;
    const whole = this.#carry.push(bytes);
    if (whole.length > 0) this.#publishLog(whole);
  }

  #publishLog(bytes: Uint8Array): void {
    const { bus, channel, processname, groupname, pid } = this.#deps;
    const payload = { processname, groupname, pid, data: decodeOrDescribe(bytes) };
    if (channel === 'stdout') bus.publish('PROCESS_LOG_STDOUT', { ...payload, channel });
    else bus.publish('PROCESS_LOG_STDERR', { ...payload, channel });
  }
}
