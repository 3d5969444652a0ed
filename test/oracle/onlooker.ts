/** Waiting for what should happen: states, events, text in files, the end. */
import type { PathLike } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Conversation } from './conversation.ts';
import type { RecordedEvent } from './transcript.ts';

export interface ProcessInfo {
  readonly statename: string;
  readonly pid: number;
  readonly exitstatus: number;
  readonly spawnerr: string;
}

export class Onlooker extends Conversation {
  private fences = 0;

  async started(): Promise<void> {
    await this.until('the daemon to answer', async () => {
      const outcome = await this.ask('getState').catch(() => undefined);
      return outcome !== undefined && 'result' in outcome;
    });
  }

  /** Waits until the daemon has started for the `times`th time, restarts within the process included. */
  async startedAgain(times: number): Promise<void> {
    await this.until(`start number ${times}`, async () => {
      await this.poke();
      return (await this.read('main.log')).split('supervisord started with pid').length > times;
    });
    await this.started();
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

  read(name: string): Promise<string> {
    return readText(this.path(name));
  }

  async waitFile(name: string, text: string): Promise<void> {
    await this.until(`${name} to contain ${JSON.stringify(text)}`, async () => {
      await this.poke();
      return (await this.read(name)).includes(text);
    });
  }

  /** Waits until a program that ends by itself has done so `times` times, as the main log tells. */
  async waitRuns(name: string, times: number): Promise<void> {
    await this.until(`${times} ends of ${name}`, async () => {
      await this.poke();
      return (await this.read('main.log')).split(`exited: ${name} `).length > times;
    });
  }

  exited(): Promise<string> {
    return this.until('the daemon to end', async () => {
      await this.poke();
      return this.daemon.ended;
    });
  }
}

async function readText(file: PathLike): Promise<string> {
  // A file that does not exist yet is as good as an empty one for whoever waits for its content.
  return readFile(file, 'utf8').catch(() => '');
}
