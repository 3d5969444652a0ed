/** The daemon's side of the protocol over a real child process, for listeners in any language. */
// Only this file: it is for tests, and never part of the daemon, which starts its children itself.
// biome-ignore lint/style/noRestrictedImports: the test kit runs in the author's test process.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable, Writable } from 'node:stream';
import {
  createResultReader,
  encodeEnvelope,
  expectNothing,
  type LengthUnit,
  NEED_DATA,
  type Reader,
  readReady,
} from '../wire/listener-frames.ts';
import { ReceiveBuffer } from '../wire/receive-buffer.ts';
import type { ListenerEvent } from './listener-event.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process, with SUPERVISOR_ENABLED. undefined takes a name away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds that the listener has for each step. Default 10,000. */
  readonly timeout?: number;
  /** What `len:` counts. Default `characters`, as Supervisor does. */
  readonly lengthUnit?: LengthUnit;
  /** Whether the header also says `bytes:N` where it matters, as Herald does. Default true. */
  readonly bytesToken?: boolean;
}

/** A listener did not do what the protocol asks for. `stderr` is what it has said there so far. */
export class ListenerTestError extends Error {
  override readonly name = 'ListenerTestError';
  readonly stderr: string;

  constructor(message: string, stderr: string, cause?: unknown) {
    super(
      stderr === '' ? message : `${message}; its stderr: ${stderr}`,
      cause === undefined ? undefined : { cause },
    );
    this.stderr = stderr;
  }
}

/** How a listener ended: one of the two is not null. */
export interface ListenerExit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningListener extends AsyncDisposable {
  readonly pid: number;
  /** Everything it has written to stderr. */
  readonly stderr: string;
  /** Waits for READY. `send` does that by itself. */
  ready(): Promise<void>;
  /** Sends an event when the listener is READY and resolves with the body of its RESULT: `OK`, `FAIL`, or other. */
  send(event: Sendable): Promise<string>;
  /** Waits until this stands in what it has written to stderr. */
  said(text: string | RegExp): Promise<void>;
  /** Writes bytes to its stdin as they are, to see what it makes of them. */
  sendRaw(bytes: Uint8Array | string): void;
  /** Closes its stdin, as a daemon does that ends, and waits for the end of the process. */
  end(): Promise<ListenerExit>;
  /** Sends SIGTERM, as a daemon does that stops it, and waits for its end. */
  stop(): Promise<ListenerExit>;
  /** Waits for its end without doing anything about it. */
  exited(): Promise<ListenerExit>;
}

/** What goes over the wire: made by `makeEvent`, or by hand for names that the catalogue does not have. */
export type Sendable = Pick<ListenerEvent, 'header' | 'text'>;

/**
 * Starts a listener as a daemon would: pipes for stdin, stdout and stderr, SUPERVISOR_ENABLED set. Whatever it
 * does against the protocol rejects the next call with a ListenerTestError that shows what came instead.
 * Dispose it (`await using`) to end it with SIGKILL if it still runs.
 */
export function runListener(
  command: string,
  args: readonly string[] = [],
  options: RunOptions = {},
): RunningListener {
  const env = { ...process.env, ...IDENTITY, ...options.env };
  const child = spawn(command, [...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return new ChildListener(child, command, options);
}

const IDENTITY = {
  SUPERVISOR_ENABLED: '1',
  SUPERVISOR_PROCESS_NAME: 'test',
  SUPERVISOR_GROUP_NAME: 'test',
};

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

class ChildListener implements RunningListener {
  readonly #child: Child;
  readonly #options: RunOptions;
  readonly #command: string;
  readonly #received = new ReceiveBuffer();
  readonly #exit: Promise<ListenerExit>;
  #ended: ListenerExit | Error | undefined;
  #isReady = false;
  #stderr = '';
  /** Called whenever something has happened that a waiting reader may want to see. */
  #wake: () => void = () => {};
  /** The same for stderr. */
  #hear: () => void = () => {};

  constructor(child: Child, command: string, options: RunOptions) {
    this.#child = child;
    this.#command = command;
    this.#options = options;
    child.stdout.on('data', (chunk: Uint8Array) => {
      this.#received.append(chunk);
      this.#wake();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#hear();
    });
    // EPIPE: the listener has closed its stdin or ended; the reader that waits for its answer says so.
    child.stdin.on('error', () => {});
    this.#exit = new Promise((resolve, reject) => {
      child.once('error', (error) => {
        this.#ended = error;
        this.#wake();
        reject(this.#failure(`${command} could not be started`, error));
      });
      child.once('close', (status, signal) => {
        this.#ended ??= { status, signal };
        this.#wake();
        resolve({ status, signal });
      });
    });
    // Whoever waits for the end gets the error; nobody has to wait.
    this.#exit.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get stderr(): string {
    return this.#stderr;
  }

  async ready(): Promise<void> {
    if (this.#isReady) return;
    await this.#read(readReady, 'READY');
    this.#isReady = true;
  }

  async send({ header, text }: Sendable): Promise<string> {
    await this.ready();
    await this.#read(nothingNow, 'nothing before the event');
    const { lengthUnit = 'characters', bytesToken = true } = this.#options;
    const extraTokens = Object.fromEntries([...header.tokens].filter(([key]) => !OWN_TOKENS.has(key)));
    this.sendRaw(
      encodeEnvelope({
        ...header,
        payloadText: text,
        lengthUnit,
        bytesToken,
        extraTokens,
      }),
    );
    this.#isReady = false;
    const body = await this.#read(createResultReader(), `the RESULT of ${header.eventname}`);
    return new TextDecoder().decode(body);
  }

  said(text: string | RegExp): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.#hear = () => {
        if (typeof text === 'string' ? this.#stderr.includes(text) : text.test(this.#stderr)) resolve();
      };
      this.#hear();
    });
    return this.#within(heard, `${String(text)} on the stderr`);
  }

  sendRaw(bytes: Uint8Array | string): void {
    this.#child.stdin.write(bytes);
  }

  end(): Promise<ListenerExit> {
    this.#child.stdin.end();
    return this.exited();
  }

  stop(): Promise<ListenerExit> {
    this.#child.kill('SIGTERM');
    return this.exited();
  }

  exited(): Promise<ListenerExit> {
    return this.#within(this.#exit, 'its end');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#child.kill('SIGKILL');
    // Whether it could be started at all is not the question here.
    await this.#exit.catch(() => {});
  }

  /** Reads one frame, or says what came instead of it. */
  #read<F>(reader: Reader<F>, awaited: string): Promise<F> {
    const frame = new Promise<F>((resolve, reject) => {
      this.#wake = () => {
        try {
          const found = reader(this.#received);
          if (found !== NEED_DATA) resolve(found);
          else if (this.#ended !== undefined)
            reject(this.#failure(`${this.#describeEnd()} before ${awaited}`));
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          reject(this.#failure(`${this.#command} broke the listener protocol: ${reason}`, error));
        }
      };
      this.#wake();
    });
    return this.#within(frame, awaited);
  }

  async #within<T>(result: Promise<T>, awaited: string): Promise<T> {
    const { timeout = 10_000 } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(this.#failure(`waited ${timeout} ms for ${awaited} of ${this.#command}`));
      }, timeout);
    });
    try {
      return await Promise.race([result, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(message: string, cause?: unknown): ListenerTestError {
    return new ListenerTestError(message, this.#stderr.trimEnd(), cause);
  }

  #describeEnd(): string {
    const ended = this.#ended;
    if (ended instanceof Error) return `${this.#command} could not be started: ${ended.message}`;
    return ended?.signal === null || ended === undefined
      ? `${this.#command} ended with status ${ended?.status}`
      : `${this.#command} was ended by ${ended.signal}`;
  }
}

/** The tokens that every header has, and that the encoder writes by itself. */
const OWN_TOKENS: ReadonlySet<string> = new Set([
  'ver',
  'server',
  'serial',
  'pool',
  'poolserial',
  'eventname',
  'len',
  'bytes',
]);

/** Nothing has arrived: said at once, where the daemon's reader would go on waiting. */
function nothingNow(buffer: ReceiveBuffer): true {
  expectNothing(buffer);
  return true;
}
