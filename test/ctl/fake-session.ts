import { Interrupted, type Terminal } from '../../src/ctl/command.ts';
import type { Failure, Remote, Server } from '../../src/ctl/remote.ts';
import type { CtlOptions } from '../../src/ctl/session.ts';
import { runCtl } from '../../src/ctl/session.ts';

export const CTRL_C = '\x03';

/** What one run of heraldctl showed. */
export interface Shown {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** Every call made, as `method(arguments)`. */
  readonly calls: readonly string[];
}

export interface Script {
  /** Lines that are typed, or {@link CTRL_C}; then input ends. */
  readonly typed?: readonly string[];
  readonly options?: Partial<CtlOptions>;
  /** What a log stream brings. */
  readonly stream?: (path: string) => AsyncIterable<Uint8Array>;
  /** Credentials that the server wants; without them every call is answered with 401. */
  readonly wants?: string;
}

/** Runs heraldctl against answers given as functions; a method that is not given answers fault 1. */
export async function run(line: string, answers: Partial<Remote>, script: Script = {}): Promise<Shown> {
  const calls: string[] = [];
  const terminal = new FakeTerminal(script.typed ?? []);
  const options: CtlOptions = {
    serverurl: 'unix:///s.sock',
    username: undefined,
    password: undefined,
    prompt: 'supervisor',
    interactive: false,
    action: line === '' ? [] : [line],
    ...script.options,
  };
  const status = await runCtl(options, terminal, (url, username, password) => {
    const locked = script.wants !== undefined && script.wants !== `${username}:${password}`;
    return fakeServer(url, answers, calls, locked, script.stream);
  });
  return { status, out: terminal.out, err: terminal.err, calls };
}

/** An Error with the shape that ctl reads. */
export function failing(failure: Failure): Error {
  return Object.assign(new Error(`${failure.kind} of the test`), failure);
}

export function fault(code: number, faultString: string): () => Promise<never> {
  return () => Promise.reject(failing({ kind: 'fault', code, faultString }));
}

export function unreachable(code: string): () => Promise<never> {
  return () => Promise.reject(failing({ kind: 'connection', code }));
}

class FakeTerminal implements Terminal {
  out = '';
  err = '';
  readonly #typed: string[];

  constructor(typed: readonly string[]) {
    this.#typed = [...typed];
  }

  write(data: string | Uint8Array): void {
    this.out += typeof data === 'string' ? data : Buffer.from(data).toString('utf8');
  }

  warn(line: string): void {
    this.err += `${line}\n`;
  }

  async readLine(prompt: string): Promise<string | undefined> {
    this.out += prompt;
    const line = this.#typed.shift();
    if (line === CTRL_C) throw new Interrupted();
    return line;
  }

  completeWith(): void {
    // Nobody edits lines here.
  }

  interruptible<T>(body: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
    return body(new AbortController().signal);
  }
}

function fakeServer(
  url: string,
  answers: Partial<Remote>,
  calls: string[],
  locked: boolean,
  stream: Script['stream'],
): Server {
  const known: Partial<Remote> = { getVersion: async () => '3.0', ...answers };
  const supervisor = new Proxy({} as Remote, {
    get:
      (_target, name: string) =>
      async (...words: unknown[]): Promise<unknown> => {
        calls.push(`${name}(${words.join(', ')})`);
        if (locked) throw failing({ kind: 'http-status', status: 401, reason: 'Unauthorized' });
        const answer = known[name as keyof Remote] as ((...words: unknown[]) => Promise<unknown>) | undefined;
        return answer ? answer(...words) : fault(1, 'UNKNOWN_METHOD')();
      },
  });
  const follow = (path: string): AsyncIterable<Uint8Array> => (stream ?? noStream)(path);
  return {
    url,
    supervisor,
    followProcessLog: (name, channel) => follow(`/logtail/${name}/${channel}`),
    followMainLog: () => follow('/mainlogtail'),
  };
}

async function* noStream(): AsyncGenerator<Uint8Array> {}
