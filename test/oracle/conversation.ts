/** What a script says to the daemon, and what of it is recorded. */
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Daemon } from './daemon.ts';
import { Normaliser } from './transcript.ts';
import { callMethod, exchange, type Outcome, type Value } from './xml-rpc-client.ts';

/** Long enough for a machine that is busy with something else; nothing here waits for it when all is well. */
const PATIENCE_MS = 60_000;
const GLANCE_MS = 40;

export class Conversation {
  /** Which daemon this is: only for waiting for different things where a deviation makes them different. */
  readonly side: 'oracle' | 'herald';
  readonly dir: string;
  readonly normaliser: Normaliser;
  readonly calls: Value[] = [];
  readonly notes: Record<string, Value> = {};
  readonly daemon: Daemon;

  constructor(side: 'oracle' | 'herald', dir: string, daemon: Daemon) {
    this.side = side;
    this.dir = dir;
    this.daemon = daemon;
    this.normaliser = new Normaliser(dir);
  }

  path(name: string): string {
    return path.join(this.dir, name);
  }

  note(key: string, value: Value): void {
    this.notes[key] = this.normaliser.value(value);
  }

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
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
