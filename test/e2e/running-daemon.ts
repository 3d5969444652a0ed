/** heraldd as a child of a test, in a folder of its own, with its log on stdout. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Client, createClient } from '../../src/sdk/client.ts';
import { WatchedProgram } from './watched-program.ts';

const PATHS = 'logfile=%(here)s/main.log\npidfile=%(here)s/herald.pid\n';

export class RunningDaemon extends WatchedProgram {
  readonly folder: string;

  /** `sections` stand behind those that every test needs, `paths` instead of the usual ones. */
  constructor(folder: string, sections: string, paths = PATHS) {
    const text =
      `[supervisord]\nnodaemon=true\nloglevel=debug\n${paths}childlogdir=%(here)s\n` +
      '[unix_http_server]\nfile=%(here)s/herald.sock\n[rpcinterface:supervisor]\n' +
      `supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n${sections}`;
    writeFileSync(join(folder, 'herald.conf'), text);
    super('dist/heraldd.js', ['-c', join(folder, 'herald.conf')]);
    this.folder = folder;
  }

  client(): Client {
    return createClient({ url: `unix://${join(this.folder, 'herald.sock')}` });
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }

  files(pattern: RegExp): readonly string[] {
    return readdirSync(this.folder).filter((name) => pattern.test(name));
  }
}

/** Starts one in a folder with these files and waits until it is up; ends it with the test. */
export async function startDaemon(
  t: TestContext,
  sections: string,
  files: Readonly<Record<string, string>> = {},
): Promise<RunningDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const daemon = new RunningDaemon(folder, sections);
  t.after(async () => {
    await daemon.end();
    rmSync(folder, { recursive: true, force: true });
  });
  await daemon.waitFor(/started with pid/);
  return daemon;
}
