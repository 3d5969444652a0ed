/** heraldd with listeners that tell a socket what they do, so that a test can wait for it. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { callMethod, type Value } from '../oracle/xml-rpc-client.ts';
import { type Report, ReportSocket } from './report-socket.ts';

/** HERALDD is the command, words separated by blanks. */
const COMMAND = process.env.HERALDD?.split(' ') ?? [
  process.execPath,
  fileURLToPath(new URL('../../dist/heraldd.js', import.meta.url)),
];
const LISTENER = fileURLToPath(new URL('../fixtures/chaos-listener.py', import.meta.url));
/** Longer than any step takes on a busy machine. */
const PATIENCE_MS = 120_000;

export interface Pool {
  readonly name: string;
  readonly accepted: number;
  readonly acknowledged: number;
  readonly dead_lettered: number;
  readonly dropped: number;
  readonly queued: number;
  readonly in_flight: number;
  readonly rejected: number;
  readonly redelivered: number;
  readonly protocol_errors: number;
  readonly listeners: readonly {
    readonly process: string;
    readonly state: string;
    readonly in_flight: number;
  }[];
}

export class ChaosDaemon {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  readonly reports: Report[] = [];
  readonly #socket: ReportSocket;
  readonly #process: ChildProcess;
  readonly #gone: Promise<string>;
  #wake: () => void = () => {};

  private constructor(socket: ReportSocket, sections: string) {
    this.#socket = socket;
    const configuration = path.join(this.folder, 'daemon.conf');
    writeFileSync(configuration, `${commonSections(this.folder)}${sections}`);
    const [program = '', ...words] = COMMAND;
    this.#process = spawn(program, [...words, '-n', '-s', '-c', configuration], {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    this.#gone = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(error.message));
      this.#process.once('close', (code, signal) => resolve(signal ?? `status ${code}${said}`));
    });
  }

  /** `sections` describes the listeners, given the text of their command up to the behaviour. */
  static async start(sections: (command: (behaviour: string) => string) => string): Promise<ChaosDaemon> {
    const socket = await ReportSocket.open();
    const command = (behaviour: string) =>
      `/usr/bin/python3 ${behaviour === 'childutils' ? '' : '-S -E '}${LISTENER} ${socket.address} ${behaviour} %(here)s`;
    const daemon = new ChaosDaemon(socket, sections(command));
    socket.onReport = (report) => {
      daemon.reports.push(report);
      daemon.#wake();
    };
    return daemon;
  }

  /** Settles when the reports so far satisfy; it is asked again after each. */
  async until(what: string, satisfied: (reports: readonly Report[]) => boolean): Promise<void> {
    await this.#patiently(what, async () => {
      while (!satisfied(this.reports)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    });
  }

  async call(method: string, ...params: readonly Value[]): Promise<Value> {
    const outcome = await callMethod(path.join(this.folder, 'd.sock'), method, params);
    assert.ok('result' in outcome, `${method}: ${JSON.stringify(outcome)}`);
    return outcome.result;
  }

  async pools(): Promise<ReadonlyMap<string, Pool>> {
    const pools = (await this.call('herald.getPools')) as unknown as readonly Pool[];
    for (const pool of pools) checkBooks(pool);
    return new Map(pools.map((pool) => [pool.name, pool]));
  }

  /** Asks for a pool until it satisfies: what a listener has told may be a moment ahead of the daemon. */
  async untilPool(name: string, satisfied: (pool: Pool) => boolean): Promise<Pool> {
    let latest: Pool | undefined;
    await this.#patiently(`pool ${name}`, async () => {
      do {
        latest = (await this.pools()).get(name);
        assert.ok(latest);
      } while (!satisfied(latest));
    });
    assert.ok(latest);
    return latest;
  }

  log(): string {
    return readFileSync(path.join(this.folder, 'main.log'), 'utf8');
  }

  /** Ends the daemon as an operator does; returns how it ended. */
  async shutdown(): Promise<string> {
    this.#process.kill('SIGTERM');
    return this.#patiently('the end of the daemon', () => this.#gone);
  }

  async destroy(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#gone;
    this.#socket.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #patiently<T>(what: string, act: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`waited in vain for ${what}; the log ends with\n${this.log().slice(-2000)}`)),
        PATIENCE_MS,
      );
    });
    const ended = this.#gone.then((how) => {
      if (what === 'the end of the daemon') return new Promise<never>(() => {});
      throw new Error(`the daemon ended (${how}) while waiting for ${what}`);
    });
    try {
      return await Promise.race([act(), late, ended]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function checkBooks(pool: Pool): void {
  const { accepted, acknowledged, dead_lettered, dropped, queued, in_flight } = pool;
  assert.equal(accepted, acknowledged + dead_lettered + dropped + queued + in_flight, JSON.stringify(pool));
  assert.equal(
    in_flight,
    pool.listeners.reduce((sum, listener) => sum + listener.in_flight, 0),
  );
}

function commonSections(folder: string): string {
  return `[supervisord]
logfile=${folder}/main.log
pidfile=${folder}/daemon.pid
childlogdir=${folder}

[unix_http_server]
file=${folder}/d.sock

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

`;
}
