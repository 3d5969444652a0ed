/** heraldd in the background: it is nobody's child, so it is known by its pidfile and ended by its pid. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { type Client, createClient } from '../../src/sdk/client.ts';
import { ROOT } from './watched-program.ts';

const PATIENCE_MS = 180_000;
const BASE = `[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/herald.pid
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/herald.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
`;

export class BackgroundDaemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'herald-test-'));

  /** `sections` stand behind those that every test needs; ended with the test. */
  constructor(t: TestContext, sections: string) {
    // For daemons that become somebody else.
    process.umask(0o022);
    chmodSync(this.folder, 0o777);
    this.write('herald.conf', `${BASE}${sections}`);
    t.after(async () => {
      if (existsSync(join(this.folder, 'herald.pid'))) {
        this.signal('SIGTERM');
        await this.gone('herald.pid');
      }
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** What the user sees of a start. */
  async launch(...words: readonly string[]): Promise<{ status: number | null; stderr: string }> {
    const child = spawn(process.execPath, [join(ROOT, 'dist/heraldd.js'), ...words], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    return { status, stderr };
  }

  get pid(): number {
    return Number(this.read('herald.pid'));
  }

  get client(): Client {
    return createClient({ url: `unix://${join(this.folder, 'herald.sock')}` });
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Until a file of the folder says this. */
  async holds(name: string, pattern: RegExp): Promise<string> {
    await this.until(() => existsSync(join(this.folder, name)) && pattern.test(this.read(name)), name);
    return this.read(name);
  }

  async gone(name: string): Promise<void> {
    await this.until(() => !existsSync(join(this.folder, name)), `the end of ${name}`);
  }

  /** Every change in the folder is a reason to look again. */
  until(fits: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const watcher = watch(this.folder);
      const end = (settle: () => void): void => {
        watcher.close();
        clearTimeout(limit);
        settle();
      };
      const fail = (): void => end(() => reject(new Error(`waited in vain for ${what} in ${this.folder}`)));
      const limit = setTimeout(fail, PATIENCE_MS);
      const look = (): void => {
        if (fits()) end(resolve);
      };
      watcher.on('change', look);
      look();
    });
  }
}
