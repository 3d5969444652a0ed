import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { callMethod } from './xml-rpc-client.ts';

type Struct = Readonly<Record<string, unknown>>;

/** The line that both daemons log once the sockets are open, at level info. */
const STARTED = /supervisord started with pid/;

/** A daemon that reads `<folder>/supervisord.conf` and starts nothing. */
export class RealWorldDaemon implements AsyncDisposable {
  private readonly process: ChildProcess;
  private readonly socket: string;
  private output = '';

  private constructor(process: ChildProcess, socket: string) {
    this.process = process;
    this.socket = socket;
  }

  /** Rejects with the daemon's last words when it ends instead of starting. */
  static async start(
    [program = '', ...args]: readonly string[],
    folder: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<RealWorldDaemon> {
    const child = spawn(program, [...args, '-n', '-c', join(folder, 'supervisord.conf')], {
      cwd: folder,
      env: {
        ...{ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
        ...{ RUN_AS: userInfo().username, VARNISH_MEMORY: '64m', DISPLAY_NUMBER: '99' },
        // What Debian's Python says about itself is not about the configuration.
        PYTHONWARNINGS: 'ignore',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const daemon = new RealWorldDaemon(child, join(folder, 'run/supervisor.sock'));
    await daemon.started();
    return daemon;
  }

  /** The structs that a method without parameters answers with. */
  async call(method: string): Promise<readonly Struct[]> {
    const outcome = await callMethod(this.socket, method, []);
    if (!('result' in outcome)) throw new Error(`${method}: ${JSON.stringify(outcome)}`);
    return outcome.result as readonly Struct[];
  }

  /** What the log says about the configuration: everything that matters, and the included files. */
  notices(): readonly string[] {
    const before = this.output.slice(0, this.output.search(STARTED));
    const lines = [...before.matchAll(/^\S+ \S+ (CRIT|ERRO|WARN|INFO) (.*)$/gm)];
    return lines
      .filter(([, level, text]) => level !== 'INFO' || /^Included extra file/.test(text ?? ''))
      .map(([, level, text]) => `${level} ${text}`);
  }

  /** Nothing runs under it, so nothing is left behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  private async started(): Promise<void> {
    const { stdout, stderr } = this.process;
    await new Promise<void>((resolve, reject) => {
      const take = (chunk: Buffer): void => {
        this.output += chunk.toString();
        if (STARTED.test(this.output)) resolve();
      };
      stdout?.on('data', take);
      stderr?.on('data', take);
      this.process.once('error', reject);
      this.process.once('close', (status) => reject(new Error(`ended with ${status}: ${this.output}`)));
    });
  }
}
