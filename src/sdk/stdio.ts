/** The process around a listener: the two streams that carry the protocol, and what must not touch them. */
import process from 'node:process';

export interface ListenerStdio {
  readonly input: AsyncIterable<Uint8Array>;
  /** False once nobody reads: the daemon is gone. */
  readonly write: (bytes: Uint8Array) => boolean;
  /** Makes the input end now. */
  readonly endInput: () => void;
  /** Gives stdout back. */
  readonly release: () => void;
}

/** Why this process cannot be a listener; undefined when it can. */
export function whyNotAListener(): string | undefined {
  const advice =
    'start it from an [eventlistener:x] section of heraldd or supervisord, or try it out with herald/testing';
  if (process.stdin.isTTY) return `stdin is a terminal, where no events come from: ${advice}`;
  const { SUPERVISOR_ENABLED } = process.env;
  if (SUPERVISOR_ENABLED === undefined || SUPERVISOR_ENABLED === '') {
    return `SUPERVISOR_ENABLED is not set, so no supervisor started this: ${advice}`;
  }
  return undefined;
}

/**
 * Takes stdin and stdout for the protocol. Until `release`, whatever else writes to process.stdout, console.log
 * included, goes to stderr: one stray line would break the conversation.
 */
export function takeStdio(): ListenerStdio {
  const { stdin, stdout, stderr } = process;
  const ownWrite = stdout.write;
  let open = true;
  const close = (): void => {
    open = false;
  };
  // EPIPE: the daemon has gone, and there is nobody to tell.
  stdout.on('error', close);
  stdout.write = stderr.write.bind(stderr) as typeof stdout.write;
  return {
    input: stdin,
    write: (bytes) => {
      if (open) ownWrite.call(stdout, bytes);
      return open;
    },
    endInput: () => stdin.destroy(),
    release: () => {
      stdout.write = ownWrite;
      stdout.off('error', close);
      // A late EPIPE must not become an uncaught exception.
      stdout.on('error', () => {});
    },
  };
}

/** Calls `stop` for the signals that supervisors stop programs with; a second one ends the process at once. */
export function onStopSignals(stop: () => void): () => void {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.once(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** One line on stderr, whatever the text holds. */
export function complain(text: string): void {
  process.stderr.write(`${text.replace(/\s*\n\s*/g, ' | ')}\n`);
}

/**
 * Sets the status that the process ends with, and sees to it that it does end: connections that a handler left
 * open would keep a listener without a daemon alive for ever.
 */
export function endWith(status: number, lingerMs: number): void {
  process.exitCode = status;
  setTimeout(() => process.exit(status), lingerMs).unref();
}
