/** A headless Chromium as the child of a test, steered over its debugging pipe. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';

interface Answer {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly method?: string;
  readonly sessionId?: string;
  readonly params?: { readonly entry?: { readonly text: string } };
}

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--no-first-run',
  '--remote-debugging-pipe',
];

export class Browser {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, (answer: Answer) => void>();
  readonly #loads = new Map<string, () => void>();
  /** What pages have said to their consoles, violations of their policies included. */
  readonly complaints: string[] = [];
  #count = 0;

  private constructor(file: string, profile: string) {
    this.#child = spawn(file, [...ARGUMENTS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const answers = (rest + text).split('\0');
      rest = answers.pop() ?? '';
      for (const each of answers) this.#take(JSON.parse(each));
    });
  }

  /** Ended with the test. */
  static open(t: TestContext, file: string): Browser {
    const profile = mkdtempSync(join(tmpdir(), 'herald-browser-'));
    const browser = new Browser(file, profile);
    t.after(async () => {
      const ended = once(browser.#child, 'close');
      await browser.send('Browser.close');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
    });
    return browser;
  }

  /** A tab that shows this address; settles when it is loaded. */
  async tab(url: string): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab(this, String(sessionId));
    await this.send('Log.enable', {}, tab.session);
    await this.send('Page.enable', {}, tab.session);
    await tab.go(url);
    return tab;
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Readonly<Record<string, unknown>>> {
    this.#count += 1;
    const id = this.#count;
    const message = JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) });
    (this.#child.stdio[3] as Writable).write(`${message}\0`);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, ({ error, result }) => {
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }

  /** Settles when the tab has loaded its next page. */
  loaded(sessionId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#loads.set(sessionId, resolve);
    });
  }

  #take(answer: Answer): void {
    if (answer.method === 'Log.entryAdded') this.complaints.push(answer.params?.entry?.text ?? '?');
    if (answer.method === 'Page.loadEventFired') this.#loads.get(answer.sessionId ?? '')?.();
    if (answer.id === undefined) return;
    this.#pending.get(answer.id)?.(answer);
    this.#pending.delete(answer.id);
  }
}

export class Tab {
  readonly session: string;
  readonly #browser: Browser;

  constructor(browser: Browser, session: string) {
    this.#browser = browser;
    this.session = session;
  }

  go(url: string): Promise<void> {
    return this.#away(() => this.#browser.send('Page.navigate', { url }, this.session));
  }

  /** Does what leads to another page, and settles when that is loaded. */
  goBy(expression: string): Promise<void> {
    return this.#away(() => this.run(expression));
  }

  async #away(leave: () => Promise<unknown>): Promise<void> {
    const loaded = this.#browser.loaded(this.session);
    await leave();
    await loaded;
  }

  /** The value of an expression, or of the promise that it gives. */
  async run(expression: string): Promise<unknown> {
    const answer = await this.#browser.send(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true, userGesture: true },
      this.session,
    );
    const { result, exceptionDetails } = answer as {
      result: { value?: unknown };
      exceptionDetails?: { exception?: { description?: string } };
    };
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Settles when a condition in the page holds: looked at when the page changes. */
  async until(condition: string): Promise<void> {
    await this.run(`new Promise((done) => {
      const watch = new MutationObserver(() => look());
      const look = () => {
        if (!(${condition})) return false;
        watch.disconnect();
        done();
        return true;
      };
      if (!look()) watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    })`);
  }
}
