/** What a scenario's script works with: calls that are recorded, and ways to wait for what should happen. */
import { constants, type PathLike } from 'node:fs';
import { chmod, open, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';
import { Normaliser, type RecordedEvent } from './transcript.ts';
import { callMethod, exchange, type Outcome, type Value } from './xml-rpc-client.ts';

/** Long enough for a machine that is busy with something else; nothing here waits for it when all is well. */
const PATIENCE_MS = 20_000;
const GLANCE_MS = 20;

export interface ProcessInfo {
  readonly statename: string;
  readonly pid: number;
  readonly exitstatus: number;
  readonly spawnerr: string;
}

export class Driver {
  /** Which daemon this is: only for waiting for different things where a deviation makes them different. */
  readonly side: 'oracle' | 'herald';
  readonly dir: string;
  readonly normaliser: Normaliser;
  readonly calls: Value[] = [];
  readonly notes: Record<string, Value> = {};
  readonly daemon: Daemon;
  private fences = 0;

  constructor(side: 'oracle' | 'herald', dir: string, daemon: Daemon) {
    this.side = side;
    this.dir = dir;
    this.daemon = daemon;
    this.normaliser = new Normaliser(dir);
  }

  // ------------------------------------------------------------------ calls

  /** Calls a method and records what came of it. Short names belong to `supervisor.`. */
  async call(method: string, ...params: readonly Value[]): Promise<Outcome> {
    const outcome = await this.ask(method, ...params);
    this.record(method, params, outcome);
    return outcome;
  }

  /** As `call`, for lists whose order is that of completion. */
  async callSorted(method: string, ...params: readonly Value[]): Promise<Outcome> {
    const outcome = await this.ask(method, ...params);
    const sorted =
      'result' in outcome && Array.isArray(outcome.result)
        ? { result: outcome.result.toSorted((a, b) => compareText(JSON.stringify(a), JSON.stringify(b))) }
        : outcome;
    this.record(method, params, sorted);
    return outcome;
  }

  /** Calls a method without recording it. Pokes while the answer is outstanding: supervisord waits in seconds. */
  async ask(method: string, ...params: readonly Value[]): Promise<Outcome> {
    const name = method.includes('.') || method === '' ? method : `supervisor.${method}`;
    const answered = new AbortController();
    const answer = callMethod(this.daemon.socketPath, name, params).finally(() => answered.abort());
    const poking = this.pokeUntil(answered.signal);
    // Awaited as well, so that no request outlives the script.
    await Promise.allSettled([answer, poking]);
    return answer;
  }

  private async pokeUntil(done: AbortSignal): Promise<void> {
    for (;;) {
      await pause(2 * GLANCE_MS, undefined, { signal: done }).catch(() => undefined);
      if (done.aborted) return;
      await this.poke();
    }
  }

  record(method: string, params: readonly Value[], outcome: Outcome): void {
    const told = this.normaliser.value(params) as readonly Value[];
    this.calls.push({ call: method, params: told, ...(this.normaliser.value(outcome) as object) });
  }

  /** A POST to /RPC2 whose answer is recorded as text. */
  async post(label: string, body: string): Promise<void> {
    const { status, headers, body: text } = await exchange(this.daemon.socketPath, 'POST', '/RPC2', body);
    const type = status === 200 ? (headers['content-type'] ?? '') : '';
    this.calls.push({ post: label, status, type, text: status === 200 ? this.normaliser.text(text) : '' });
  }

  /** supervisord looks at its children once a second, and after every request. */
  async poke(): Promise<void> {
    // A daemon that is about to end no longer answers; whoever waits will see that it has ended.
    await callMethod(this.daemon.socketPath, 'supervisor.getPID', []).catch(() => undefined);
  }

  // ---------------------------------------------------------------- waiting

  /** Waits until `probe` returns something other than undefined and false. */
  async until<T>(what: string, probe: () => Promise<T | undefined | false>): Promise<T> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      // What is waited for may be the end itself, or may have come right before it.
      if (this.daemon.ended !== undefined) {
        const late = await probe();
        if (late !== undefined && late !== false) return late;
        throw new Error(
          `the daemon ended (${this.daemon.ended}) before ${what}:\n${this.daemon.lastWords()}`,
        );
      }
      if (performance.now() > end) throw new Error(`waited in vain for ${what}\n${this.daemon.lastWords()}`);
      await pause(GLANCE_MS);
    }
  }

  async started(): Promise<void> {
    await this.until('the daemon to answer', async () => {
      const outcome = await this.ask('getState').catch(() => undefined);
      return outcome !== undefined && 'result' in outcome;
    });
  }

  async info(name: string): Promise<ProcessInfo> {
    const outcome = await this.ask('getProcessInfo', name);
    if (!('result' in outcome)) throw new Error(`getProcessInfo(${name}): ${JSON.stringify(outcome)}`);
    return outcome.result as unknown as ProcessInfo;
  }

  async state(name: string, ...wanted: readonly string[]): Promise<ProcessInfo> {
    const info = await this.until(`${name} to be ${wanted.join(' or ')}`, async () => {
      const seen = await this.info(name);
      return wanted.includes(seen.statename) && seen;
    });
    if (info.pid !== 0) await this.executing(info.pid);
    return info;
  }

  async running(...names: readonly string[]): Promise<void> {
    for (const name of names) await this.state(name, 'RUNNING');
  }

  /**
   * supervisord forks: a signal between its fork and its exec meets the daemon's own handlers and is lost. So
   * the child must have become its own program before anybody signals it.
   */
  private async executing(pid: number): Promise<void> {
    const own = await readText(`/proc/${this.daemon.pid}/cmdline`);
    await this.until(`process ${pid} to execute its program`, async () => {
      return (await readText(`/proc/${pid}/cmdline`)) !== own;
    });
  }

  async events(listener: string): Promise<readonly RecordedEvent[]> {
    const lines = (await readText(this.path(`${listener}.events`))).split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as RecordedEvent);
  }

  /** Waits for `count` events whose header or payload contains `text`. */
  async waitEvents(listener: string, text: string, count = 1): Promise<readonly RecordedEvent[]> {
    return this.until(`${count} of ${text} at ${listener}`, async () => {
      await this.poke();
      const found = (await this.events(listener)).filter(
        (event) => event.header.includes(text) || event.payload.includes(text),
      );
      return found.length >= count && found;
    });
  }

  /** Waits until a listener process has said READY `times` times, and the daemon has heard it. */
  async listening(process: string, times = 1): Promise<void> {
    await this.waitFile(`${process}.ready`, 'READY\n'.repeat(times));
    // What was in a pipe before a request arrived is read before, or together with, that request.
    await this.poke();
    await this.poke();
  }

  /** Sends an event of its own and waits until it has arrived: so has everything published before it. */
  async fence(...listeners: readonly string[]): Promise<void> {
    const mark = `type:fence\n${++this.fences}`;
    await this.ask('sendRemoteCommEvent', 'fence', String(this.fences));
    for (const name of listeners) {
      await this.until(`a fence at ${name}`, async () => {
        await this.poke();
        return (await this.events(name)).some((event) => event.payload === mark);
      });
    }
  }

  // ------------------------------------------------------ files and processes

  path(name: string): string {
    return path.join(this.dir, name);
  }

  async write(name: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    await writeFile(this.path(`${name}.new`), content);
    await chmod(this.path(`${name}.new`), mode);
    await rename(this.path(`${name}.new`), this.path(name));
  }

  read(name: string): Promise<string> {
    return readText(this.path(name));
  }

  async waitFile(name: string, text: string): Promise<void> {
    await this.until(`${name} to contain ${JSON.stringify(text)}`, async () => {
      await this.poke();
      return (await this.read(name)).includes(text);
    });
  }

  note(key: string, value: Value): void {
    this.notes[key] = this.normaliser.value(value);
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
    const fifo = await this.until(`${short} to listen`, async () => {
      await this.poke();
      // Without a reader this fails at once (ENXIO), where a blocking open would hang.
      return open(this.path(`${short}.fifo`), constants.O_WRONLY | constants.O_NONBLOCK).catch(
        () => undefined,
      );
    });
    await fifo.write(`${command}\n`);
    await fifo.close();
    await this.until(`${short} to ${command.slice(0, 40)}`, async () => {
      await this.poke();
      return (await this.read(`${short}.acks`)).length > before;
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

  exited(): Promise<string> {
    return this.until('the daemon to end', async () => {
      await this.poke();
      return this.daemon.ended;
    });
  }
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function readText(file: PathLike): Promise<string> {
  // A file that does not exist yet is as good as an empty one for whoever waits for its content.
  return readFile(file, 'utf8').catch(() => '');
}
