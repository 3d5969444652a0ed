/** What a scenario's script works with: beyond talking and waiting, the files and processes of its folder. */
import { constants } from 'node:fs';
import { chmod, type FileHandle, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Ended } from './daemon.ts';
import { listFolder } from './listing.ts';
import { type LogSelection, type LogTranscript, readMainLog } from './main-log.ts';
import { Onlooker } from './onlooker.ts';
import type { Value } from './xml-rpc-client.ts';

export class Driver extends Onlooker {
  async write(name: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    await writeFile(this.path(`${name}.new`), content);
    await chmod(this.path(`${name}.new`), mode);
    await rename(this.path(`${name}.new`), this.path(name));
  }

  rename(from: string, to: string): Promise<void> {
    return rename(this.path(from), this.path(to));
  }

  async remove(...names: readonly string[]): Promise<void> {
    for (const name of names) await rm(this.path(name), { recursive: true });
  }

  /** Notes what a file holds, as Latin-1 so that every byte counts; null when there is none. */
  async noteFile(name: string): Promise<void> {
    const bytes = await readFile(this.path(name)).catch(() => undefined);
    this.note(name, bytes === undefined ? null : bytes.toString('latin1'));
  }

  /** Sends a signal to the process behind a name. */
  async kill(name: string, signal: NodeJS.Signals): Promise<void> {
    process.kill((await this.state(name, 'STARTING', 'RUNNING', 'STOPPING')).pid, signal);
  }

  /** Tells a puppet what to do and waits until it has done it. */
  async tell(puppet: string, command: string): Promise<void> {
    const short = puppet.slice(puppet.indexOf(':') + 1);
    const before = (await this.read(`${short}.acks`)).length;
    const fifo = await this.openFifo(short);
    await fifo.write(`${command}\n`);
    await fifo.close();
    await this.until(`${short} to ${command.slice(0, 40)}`, async () => {
      await this.poke();
      return (await this.read(`${short}.acks`)).length > before;
    });
  }

  /** Waits until puppets listen: before that, the interpreter is still starting, and takes some signals its own way. */
  async obeying(...puppets: readonly string[]): Promise<void> {
    for (const puppet of puppets) await (await this.openFifo(puppet)).close();
  }

  private openFifo(puppet: string): Promise<FileHandle> {
    return this.until(`${puppet} to listen`, async () => {
      await this.poke();
      // Without a reader this fails at once (ENXIO), where a blocking open would hang.
      return open(this.path(`${puppet}.fifo`), constants.O_WRONLY | constants.O_NONBLOCK).catch(
        () => undefined,
      );
    });
  }

  /** Has a puppet write text or bytes to its stdout (1) or stderr (2), in one write. */
  emit(puppet: string, content: string | Uint8Array, descriptor = 1): Promise<void> {
    return this.tell(puppet, `write ${descriptor} ${Buffer.from(content).toString('hex')}`);
  }

  /** Asks for a shutdown and waits for the end, recording how it ended. */
  async shutdown(): Promise<void> {
    await this.call('shutdown');
    this.note('ended', await this.exited());
  }

  /** Records getAllConfigInfo. Later versions of Supervisor tell autorestart as well; the oracle does not. */
  async callConfigInfo(): Promise<void> {
    const outcome = await this.ask('getAllConfigInfo');
    if (!('result' in outcome) || !Array.isArray(outcome.result)) throw new Error(JSON.stringify(outcome));
    const told = outcome.result.map((entry: Value) => {
      const { autorestart: _later, ...rest } = entry as Record<string, Value>;
      return rest;
    });
    this.record('getAllConfigInfo', [], { result: told });
  }

  // ------------------------------------------------------- what the daemon leaves

  /** Notes the main log: see {@link readMainLog}. */
  async noteLog(selection?: LogSelection, name = 'main.log'): Promise<LogTranscript> {
    const told = readMainLog(await this.read(name), this.dir, selection);
    this.note(name, told as unknown as Value);
    return told;
  }

  /** Notes what is in the daemon's folder, or in one within it. */
  noteListing(folder = '.'): void {
    this.note(`files in ${folder}`, listFolder(this.path(folder)));
  }

  /** The AUTO logs of the daemon's folder, by their full names. */
  async autoLogs(folder = '.'): Promise<readonly string[]> {
    return (await readdir(this.path(folder))).filter((name) => name.includes('---')).toSorted();
  }

  // -------------------------------------------------------------- runs to the end

  /** Runs the daemon's program with these words and notes its status and what it printed. */
  async refuses(label: string, ...words: readonly string[]): Promise<void> {
    const { ended, stdout, stderr } = await this.runs(...words);
    this.note(label, { ended, stdout, stderr });
  }

  /** Runs the daemon's program; in what it prints, the program's own name is replaced. */
  async runs(...words: readonly string[]): Promise<Ended> {
    const { ended, stdout, stderr } = await this.daemon.run(words);
    return { ended, stdout, stderr: stderr.replace(/(?<=^For help, use )\S+(?= -h$)/m, 'PROGRAM') };
  }

  /** Starts the daemon without -n and takes care of what is then in the background. */
  async startInBackground(...words: readonly string[]): Promise<void> {
    this.daemon.expectOneInBackground();
    const { ended, stdout, stderr } = await this.runs('-c', this.path('daemon.conf'), ...words);
    this.note('the parent', { ended, stdout, stderr });
    if (ended !== 'status 0') throw new Error(`the start in the background: ${ended}\n${stderr}`);
    const pidfile = await this.until('a pidfile', async () => (await this.read('daemon.pid')) || undefined);
    this.daemon.adopt(Number(pidfile));
    await this.started();
  }
}
