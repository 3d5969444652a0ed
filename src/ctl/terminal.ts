import type { Interface } from 'node:readline';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { type Completer, Interrupted, type ReadLineOptions, type Terminal } from './command.ts';

/** The streams and the signal that a terminal is made of. */
export interface TerminalPorts {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream & { readonly columns?: number };
  readonly errors: NodeJS.WritableStream;
  /** Someone sits there: lines can be edited, and the terminal echoes. */
  readonly editable: boolean;
  /** Calls the handler at each SIGINT until the returned function is called; nobody asked: SIGINT kills. */
  readonly onSigint: (handler: () => void) => () => void;
  /** Ends the program as Ctrl-C does when nothing waits for it. */
  readonly giveUp: () => void;
  readonly history?: History;
}

/** The lines typed in earlier runs. */
export interface History {
  /** The newest first. */
  readonly earlier: readonly string[];
  /** Called with all lines, the newest first, whenever one is added. */
  readonly remember: (lines: readonly string[]) => void;
}

export interface OwnTerminal extends Terminal {
  /** Lets go of the input. */
  close(): void;
}

/**
 * One reader of lines for everybody who asks: the shell, its questions and fg. Lines that come before they are
 * asked for wait in a queue, so that what is piped or pasted is never lost between two questions.
 */
export function createTerminal(ports: TerminalPorts): OwnTerminal {
  const lines = createLineQueue();
  const interrupts = createInterrupts(ports.onSigint);
  let complete: Completer = async (line) => [[], line];
  let editor: Interface | undefined;
  let hidden = false;
  let earlier = ports.history?.earlier ?? [];
  const shown = ports.editable ? echoUnless(() => hidden, ports.output) : ports.output;

  const open = (): Interface => {
    if (editor !== undefined) return editor;
    editor = createInterface({
      input: ports.input,
      ...(ports.editable && { output: shown, terminal: true, history: [...earlier] }),
      completer: completerOf((line) => complete(line)),
    });
    editor.on('line', (line) => lines.push(line));
    editor.on('close', () => {
      editor = undefined;
      // Ctrl-D is a key as well: whoever was asked has no answer, but the terminal is still there.
      if (ports.editable && ports.input.readable) lines.skip();
      else lines.end();
    });
    // In raw mode Ctrl-C is a key, not a signal.
    editor.on('SIGINT', () => {
      if (interrupts.fire()) return;
      if (lines.interrupt()) return;
      editor?.close();
      ports.giveUp();
    });
    editor.on('history', (history: string[]) => {
      if (hidden) history.shift();
      earlier = [...history];
      ports.history?.remember(earlier);
    });
    return editor;
  };

  const readLine = async (prompt: string, options: ReadLineOptions = {}): Promise<string | undefined> => {
    const reader = open();
    if (ports.editable) {
      reader.setPrompt(prompt);
      reader.prompt();
    } else {
      ports.output.write(prompt);
    }
    hidden = options.secret ?? false;
    try {
      const answer = await lines.next(options.signal);
      if (answer instanceof Interrupted) throw answer;
      return answer;
    } finally {
      hidden = false;
    }
  };

  return {
    write: (data) => void ports.output.write(data),
    warn: (line) => void ports.errors.write(`${line}\n`),
    readLine,
    interruptible: (body) => interrupts.during(body),
    completeWith: (wanted) => {
      complete = wanted;
    },
    close: () => editor?.close(),
  };
}

type Answer = string | undefined | Interrupted;

interface LineQueue {
  push(line: string): void;
  /** No more lines come. */
  end(): void;
  /** Whoever is waiting gets {@link Interrupted}. False: nobody is. */
  interrupt(): boolean;
  /** Whoever is waiting gets none. */
  skip(): void;
  next(signal?: AbortSignal): Promise<Answer>;
}

function createLineQueue(): LineQueue {
  const waiting: string[] = [];
  let ended = false;
  let take: ((answer: Answer) => void) | undefined;
  const give = (answer: Answer): boolean => {
    const taker = take;
    take = undefined;
    taker?.(answer);
    return taker !== undefined;
  };
  return {
    push: (line) => {
      if (!give(line)) waiting.push(line);
    },
    end: () => {
      ended = true;
      give(undefined);
    },
    interrupt: () => give(new Interrupted()),
    skip: () => void give(undefined),
    async next(signal) {
      if (signal?.aborted) return undefined;
      const line = waiting.shift();
      if (line !== undefined || ended) return line;
      const stop = () => void give(undefined);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        return await new Promise((resolve) => {
          take = resolve;
        });
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
  };
}

interface Interrupts {
  /** True: somebody was there to be interrupted. */
  fire(): boolean;
  during<T>(body: (interrupted: AbortSignal) => Promise<T>): Promise<T>;
}

function createInterrupts(onSigint: TerminalPorts['onSigint']): Interrupts {
  let current: AbortController | undefined;
  const fire = (): boolean => {
    current?.abort();
    return current !== undefined;
  };
  return {
    fire,
    async during(body) {
      const controller = new AbortController();
      current = controller;
      const forget = onSigint(fire);
      try {
        return await body(controller.signal);
      } finally {
        forget();
        current = undefined;
      }
    },
  };
}

/** The output, with nothing passed on while a secret is typed. The editor asks it how wide the terminal is. */
function echoUnless(hidden: () => boolean, output: TerminalPorts['output']): NodeJS.WritableStream {
  const echo = new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done) {
      if (!hidden()) output.write(chunk);
      done();
    },
  });
  Object.defineProperty(echo, 'columns', { get: () => output.columns });
  output.on('resize', () => echo.emit('resize'));
  return echo;
}

type Completed = (error: Error | null, result: [string[], string]) => void;

function completerOf(complete: Completer): (line: string, done: Completed) => void {
  return (line, done) => {
    complete(line).then(
      (result) => done(null, result),
      // A server that cannot be asked for names completes nothing; the next command tells why.
      () => done(null, [[], line]),
    );
  };
}
