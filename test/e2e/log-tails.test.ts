/** `tail -f`, `maintail -f` and `fg` of heraldctl and of Supervisor's own supervisorctl, with a whole daemon. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { needs, peer } from '../peers.ts';
import { type RunningDaemon, startDaemon } from './running-daemon.ts';
import { ROOT } from './watched-program.ts';

const SECTIONS =
  '[supervisorctl]\nserverurl=unix://%(here)s/herald.sock\n' +
  '[program:x]\ncommand=/bin/cat\nstdout_logfile=%(here)s/x.out\nstdout_logfile_maxbytes=60\n' +
  'stdout_logfile_backups=3\nstderr_logfile=NONE\n';

/** A ctl that follows something, as a child. */
class Ctl {
  readonly #child;
  readonly #exited: Promise<unknown[]>;
  output = '';
  #arrived = () => {};

  constructor(t: TestContext, daemon: RunningDaemon, program: readonly string[], words: readonly string[]) {
    const [file = '', ...rest] = program;
    this.#child = spawn(file, [...rest, '-c', join(daemon.folder, 'herald.conf'), ...words]);
    this.#exited = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#arrived();
      });
    }
    t.after(() => this.#child.kill('SIGKILL'));
  }

  until(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived = () => {
        if (this.output.includes(text)) resolve();
      };
      this.#arrived();
    });
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  async interrupt(): Promise<unknown> {
    this.#child.kill('SIGINT');
    const [status] = await this.#exited;
    return status;
  }

  /** Settles when it has ended by itself. */
  get ended(): Promise<unknown> {
    return this.#exited;
  }
}

const HERALDCTL = [process.execPath, join(ROOT, 'dist/heraldctl.js')];
const SUPERVISORCTL = [peer('supervisorctl') ?? 'supervisorctl'];

async function followAll(t: TestContext, program: readonly string[]): Promise<void> {
  const daemon = await startDaemon(t, SECTIONS);
  await daemon.waitFor(/success: x entered RUNNING/);
  const { supervisor } = daemon.client();
  await supervisor.sendProcessStdin('x', 'zażółć\n');
  const tail = new Ctl(t, daemon, program, ['tail', '-f', 'x']);
  await tail.until('==> Press Ctrl-C to exit <==');
  await tail.until('zażółć\n');
  const maintail = new Ctl(t, daemon, program, ['maintail', '-f']);
  await maintail.until('success: x entered RUNNING');
  const lines = Array.from({ length: 30 }, (_, index) => `a line with number ${10 + index}\n`);
  for (const line of lines) await supervisor.sendProcessStdin('x', line);
  await tail.until('number 39\n');
  assert.ok(existsSync(join(daemon.folder, 'x.out.3')), 'the log was rotated');
  assert.ok(tail.output.endsWith(`zażółć\n${lines.join('')}`), tail.output);
  const fg = new Ctl(t, daemon, program, ['fg', 'x']);
  await fg.until('==> Press Ctrl-C to exit <==');
  fg.type('typed\n');
  await fg.until('typed\n');
  await tail.until('typed\n');
  const left = fg.interrupt();
  await fg.until('Exiting foreground');
  // supervisorctl looks whether it is to end when something comes, or after half a minute.
  await supervisor.sendProcessStdin('x', 'wake up\n');
  assert.equal(await left, 0);
  await supervisor.clearProcessLogs('x');
  await supervisor.sendProcessStdin('x', 'after the clear\n');
  await tail.until('after the clear\n');
  await supervisor.stopProcess('x');
  await maintail.until('stopped: x');
  await supervisor.startProcess('x');
  await supervisor.sendProcessStdin('x', 'another run\n');
  await tail.until('another run\n');
  // Each interrupt ends a stream, none the daemon.
  await tail.interrupt();
  await maintail.interrupt();
  assert.equal(await supervisor.getPID(), daemon.pid);
}

test('heraldctl follows logs over rotations, clears and restarts', (t) => followAll(t, HERALDCTL));

test('supervisorctl does, too', needs('supervisorctl'), (t) => followAll(t, SUPERVISORCTL));

test('a shutdown does not wait for who follows, and tells them the last lines', async (t) => {
  const daemon = await startDaemon(t, SECTIONS);
  await daemon.waitFor(/success: x entered RUNNING/);
  const ctl = new Ctl(t, daemon, HERALDCTL, ['maintail', '-f']);
  await ctl.until('success: x entered RUNNING');
  // This one asks and never reads.
  const idle = connect(join(daemon.folder, 'herald.sock'));
  t.after(() => idle.destroy());
  idle.write('GET /logtail/x HTTP/1.1\r\n\r\n');
  idle.on('error', () => {});
  await daemon.client().supervisor.getPID();
  daemon.signal('SIGTERM');
  await ctl.ended;
  assert.match(ctl.output, /stopped: x/);
  assert.equal(await daemon.ended, 0);
});
