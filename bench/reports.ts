import { once } from 'node:events';
import net from 'node:net';

const DEFAULT_PATIENCE_MS = 60_000;

/** A line that a listener or a program of the measurement sent to us. `at` is CLOCK_MONOTONIC in nanoseconds. */
export interface Report {
  readonly kind: string;
  readonly at: bigint;
  readonly text: string;
}

/**
 * The side channel of the measurement: children connect to a unix socket and send lines `KIND NANOSECONDS TEXT`.
 * Python's time.monotonic_ns and Node's process.hrtime read the same clock, so the stamps can be subtracted from
 * ours. It is also the starting gate: a child that waits at the gate blocks in recv until `openGate`.
 */
export class Reports {
  readonly #server = net.createServer((socket) => this.#welcome(socket));
  readonly #sockets = new Set<net.Socket>();
  readonly #arrived: Report[] = [];
  #waiting: { resolve: (report: Report) => void; reject: (why: Error) => void } | undefined;
  #failure: Error | undefined;

  async listen(socketPath: string): Promise<void> {
    this.#server.listen(socketPath);
    await once(this.#server, 'listening');
  }

  /** The next report of this kind; reports of other kinds that arrive before it are dropped. */
  async next(kind: string, patienceMs = DEFAULT_PATIENCE_MS): Promise<Report> {
    for (;;) {
      const report = await this.#take(kind, patienceMs);
      if (report.kind === kind) return report;
    }
  }

  openGate(): void {
    for (const socket of this.#sockets) socket.write('go\n');
  }

  /** Whoever waits now or later gets this error: the daemon is gone and nothing more can arrive. */
  fail(why: Error): void {
    this.#failure = why;
    this.#waiting?.reject(why);
    this.#waiting = undefined;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(kind: string, patienceMs: number): Promise<Report> {
    const first = this.#arrived.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = undefined;
        reject(new Error(`no report \`${kind}\` within ${patienceMs / 1000} s`));
      }, patienceMs);
      const settle = <T>(how: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          how(value);
        };
      };
      this.#waiting = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  #welcome(socket: net.Socket): void {
    this.#sockets.add(socket);
    let rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#arrive(line);
    });
    socket.on('close', () => this.#sockets.delete(socket));
    // A child that dies resets its connection; the row notices by the report that does not come.
    socket.on('error', () => socket.destroy());
  }

  #arrive(line: string): void {
    const [kind = '', at = '0', ...text] = line.split(' ');
    const report = { kind, at: BigInt(at), text: text.join(' ') };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#arrived.push(report);
    else waiting.resolve(report);
  }
}
