/** What the daemon does on each signal, and the line it logs, as Supervisor words it. */
import type { LogLevel, MainLog } from '../supervisor/ports.ts';

export interface SignalActions {
  readonly shutdown: () => void;
  readonly restart: () => void;
  readonly reopenLogs: () => void;
  /** Whether the daemon is already on its way down. */
  readonly shuttingDown: () => boolean;
}

interface Reaction {
  readonly level: LogLevel;
  readonly meaning: string;
  readonly act?: (actions: SignalActions) => void;
}

const EXIT: Reaction = { level: 'warn', meaning: 'exit request', act: (actions) => actions.shutdown() };

const REACTIONS = {
  SIGTERM: EXIT,
  SIGINT: EXIT,
  SIGQUIT: EXIT,
  SIGHUP: { level: 'warn', meaning: 'restart request', act: (actions) => actions.restart() },
  SIGUSR2: { level: 'info', meaning: 'log reopen request', act: (actions) => actions.reopenLogs() },
  // Without a handler Node opens its debugger port on this signal.
  SIGUSR1: { level: 'info', meaning: 'nothing' },
} satisfies Partial<Record<NodeJS.Signals, Reaction>>;

type HandledSignal = keyof typeof REACTIONS;
const SIGNALS = Object.keys(REACTIONS) as HandledSignal[];

/**
 * Signals on their way to whoever is in charge. While nobody is (before the first start, and between two lives of
 * the daemon) they wait. Of one kind only one waits, as in the kernel and in Supervisor: a storm of them is one.
 */
export interface SignalInbox {
  /** What waits comes first, and nothing before the current task has ended. Returns how to leave. */
  attach(handler: (signal: HandledSignal) => void): () => void;
  /** Takes out a request to exit that waits. */
  takeExit(): HandledSignal | undefined;
}

/** To be called as early as can be: until then a signal does what it does by default. */
export function catchSignals(): SignalInbox {
  const waiting = new Set<HandledSignal>();
  let current: ((signal: HandledSignal) => void) | undefined;
  let scheduled = false;

  const deliver = (): void => {
    scheduled = false;
    for (const signal of [...waiting]) {
      if (current === undefined) return;
      waiting.delete(signal);
      current(signal);
    }
  };
  const schedule = (): void => {
    if (scheduled || current === undefined || waiting.size === 0) return;
    scheduled = true;
    setImmediate(deliver);
  };

  for (const signal of SIGNALS) {
    process.on(signal, () => {
      waiting.add(signal);
      schedule();
    });
  }
  return {
    attach(handler) {
      current = handler;
      schedule();
      return () => {
        if (current === handler) current = undefined;
      };
    },
    takeExit() {
      const signal = [...waiting].find((each) => REACTIONS[each] === EXIT);
      if (signal !== undefined) waiting.delete(signal);
      return signal;
    },
  };
}

/** Puts a running daemon in charge of the signals; returns how to take it away. */
export function handleSignals(inbox: SignalInbox, log: MainLog, actions: SignalActions): () => void {
  const leave = inbox.attach((signal) => {
    if (signal === 'SIGHUP' && actions.shuttingDown()) {
      const { meaning } = REACTIONS.SIGHUP;
      log.write('warn', `ignored ${signal} indicating ${meaning} (shutdown in progress)`);
      return;
    }
    logSignal(signal, log);
    const reaction: Reaction = REACTIONS[signal];
    reaction.act?.(actions);
  });
  if (!log.enabled('debug')) return leave;
  // The reaper has its own ear for this one.
  const childQuit = (): void => log.write('debug', 'received SIGCHLD indicating a child quit');
  process.on('SIGCHLD', childQuit);
  return () => {
    process.off('SIGCHLD', childQuit);
    leave();
  };
}

export function logSignal(signal: HandledSignal, log: MainLog): void {
  const { level, meaning } = REACTIONS[signal];
  log.write(level, `received ${signal} indicating ${meaning}`);
}
