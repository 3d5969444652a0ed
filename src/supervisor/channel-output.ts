/** Where the output of one channel of one run is written: its log file, as it is or line by line, and syslog. */
import type { ChannelConfig, LineFormatConfig } from '../config/types.ts';
import { createLineFormatter } from '../log/line-format.ts';
import { createLineSplitter, type TakeLine } from '../log/line-splitter.ts';
import type { Channel, Clock, LogSink, Syslog } from './ports.ts';

export interface ChannelOutput {
  /** `bytes` is only valid during the call. */
  write(bytes: Uint8Array): void;
  /** Nothing more comes: a last line without an end goes out. Closes nothing. */
  end(): void;
}

export interface ChannelOutputDeps {
  readonly process: string;
  readonly group: string;
  readonly pid: number;
  readonly channel: Channel;
  readonly config: ChannelConfig;
  readonly lineFormat: LineFormatConfig | undefined;
  /** A listener's stdout carries the protocol: its log has the bytes as they are, and nothing else has them. */
  readonly isProtocol: boolean;
  readonly sink: LogSink | undefined;
  readonly clock: Pick<Clock, 'wall'>;
  readonly syslog: Syslog;
}

/** undefined when the output goes nowhere. */
export function createChannelOutput(deps: ChannelOutputDeps): ChannelOutput | undefined {
  const { sink, isProtocol, config, lineFormat } = deps;
  const outputs: ChannelOutput[] = [];
  if (sink !== undefined) {
    const format = isProtocol ? undefined : lineFormat;
    outputs.push(format === undefined ? rawOutput(sink) : lineOutput(sink, format, deps));
  }
  if (config.syslog && !isProtocol) outputs.push(syslogOutput(deps));
  const [only] = outputs;
  if (outputs.length <= 1) return only;
  return {
    write(bytes) {
      for (const output of outputs) output.write(bytes);
    },
    end() {
      for (const output of outputs) output.end();
    },
  };
}

function rawOutput(sink: LogSink): ChannelOutput {
  return { write: (bytes) => sink.write(bytes), end: () => undefined };
}

/** Only whole lines reach the sink, so that rotation comes between lines. */
function lineOutput(sink: LogSink, format: LineFormatConfig, deps: ChannelOutputDeps): ChannelOutput {
  const { process, group, pid, channel, clock } = deps;
  const formatter = createLineFormatter(format, { process, group, pid, channel });
  const pass = (lines: Uint8Array): void => {
    if (lines.length > 0) sink.write(lines);
  };
  return {
    write: (bytes) => pass(formatter.push(bytes, clock.wall())),
    end: () => pass(formatter.end(clock.wall())),
  };
}

/** What common syslog daemons take as one message, with room for their own additions. */
const SYSLOG_LINE_BYTES = 8000;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Each line is a message of its own, behind the name of its process. */
function syslogOutput({ process, syslog }: ChannelOutputDeps): ChannelOutput {
  const splitter = createLineSplitter(SYSLOG_LINE_BYTES);
  const send: TakeLine = (line) => syslog.send(`${process} ${decoder.decode(line)}`);
  return { write: (bytes) => splitter.push(bytes, send), end: () => splitter.end(send) };
}
