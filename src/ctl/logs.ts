import { FAULTS } from '../rpc/faults.ts';
import type { Command, Session } from './command.ts';
import { isReachable } from './connection-check.ts';
import { EXIT } from './exit-status.ts';
import { quote } from './format.ts';
import { failureOf, faultCodeOf } from './remote.ts';

/** tail and maintail: the end of a log, or with -f what comes. */

export type Channel = 'stdout' | 'stderr';

/** How much of a log is wanted: its last bytes, or to follow it. */
export type Amount = { readonly kind: 'last'; readonly bytes: number } | { readonly kind: 'follow' };

/** What is wrong with the words; with `showHelp` the command's help belongs below it. */
export interface Misuse {
  readonly kind: 'misuse';
  readonly problem: string;
  readonly showHelp: boolean;
}

export type TailRequest =
  | { readonly kind: 'tail'; readonly name: string; readonly channel: Channel; readonly amount: Amount }
  | Misuse;

const DEFAULT_AMOUNT: Amount = { kind: 'last', bytes: 1600 };

/** Reads `[-f | -BYTES] NAME [CHANNEL]`. */
export function parseTail(words: readonly string[]): TailRequest {
  if (words.length === 0) return misuse('too few arguments', true);
  if (words.length > 3) return misuse('too many arguments', true);
  const [first = ''] = words;
  const modified = first.startsWith('-');
  const rest = modified ? words.slice(1) : words;
  const [name] = rest;
  if (name === undefined) return misuse('tail requires process name', false);
  const channel = rest.length === 1 ? 'stdout' : (rest.at(-1) ?? '').toLowerCase();
  if (channel !== 'stdout' && channel !== 'stderr') return misuse(`bad channel ${quote(channel)}`, false);
  const amount = modified ? parseAmount(first) : DEFAULT_AMOUNT;
  if (amount === undefined) return misuse(`bad argument ${first}`, false);
  return { kind: 'tail', name, channel, amount };
}

/** Reads `[-f | -BYTES]`. */
export function parseMaintail(words: readonly string[]): Amount | Misuse {
  const [first, ...more] = words;
  if (more.length > 0) return misuse('too many arguments', true);
  if (first === undefined) return DEFAULT_AMOUNT;
  return (first.startsWith('-') ? parseAmount(first) : undefined) ?? misuse(`bad argument ${first}`, false);
}

function parseAmount(word: string): Amount | undefined {
  const what = word.slice(1);
  if (what === 'f') return { kind: 'follow' };
  // Some write tail's own `+5`, and Python reads a sign.
  return /^\+?\d{1,15}$/.test(what) ? { kind: 'last', bytes: Number(what) } : undefined;
}

function misuse(problem: string, showHelp: boolean): Misuse {
  return { kind: 'misuse', problem, showHelp };
}

const READ_PHRASES: ReadonlyMap<number, string> = new Map<number, string>([
  [FAULTS.NO_FILE, 'no log file'],
  [FAULTS.FAILED, 'unknown error reading log'],
  [FAULTS.BAD_NAME, 'no such process name'],
]);

/** Prints what `read` brings, or why the log of `owner` could not be read. */
async function printLog(owner: string, read: () => Promise<string>, session: Session): Promise<void> {
  try {
    session.print(await read());
  } catch (error) {
    const phrase = READ_PHRASES.get(faultCodeOf(error) ?? 0);
    if (phrase === undefined) throw error;
    session.print(`${owner}: ERROR (${phrase})`);
    session.fail(EXIT.GENERIC);
  }
}

/** supervisorctl puts the name into the path as it is typed, so it may be percent-encoded. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    // Per cent signs that encode nothing are part of the name.
    return name;
  }
}

/** Prints a stream until Ctrl-C. That it could not be had is told on standard error, without a failure. */
async function follow(
  path: string,
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  session: Session,
): Promise<void> {
  session.print('==> Press Ctrl-C to exit <==');
  await session.terminal.interruptible(async (interrupted) => {
    await copyStream(session.server.url + path, open(interrupted), session);
    if (interrupted.aborted) session.print('');
  });
}

/** Copies a log stream to standard output as it comes; resolves when it has ended, for whatever reason. */
export async function copyStream(
  url: string,
  stream: AsyncIterable<Uint8Array>,
  session: Session,
): Promise<void> {
  try {
    for await (const chunk of stream) session.terminal.write(chunk);
  } catch (error) {
    const failure = failureOf(error);
    if (failure?.kind === 'http-status')
      session.terminal.warn(`${url} Cannot read, status code ${failure.status}`);
    else if (failure?.kind === 'connection')
      session.terminal.warn(`${url} Cannot connect, error: ${failure.code}`);
    else throw error;
  }
}

const TAIL_HELP = [
  'tail [-f] <name> [stdout|stderr] (default stdout)',
  'tail <name>\t\tShow the last 1600 bytes of what a process wrote',
  'tail -100 <name> stderr\tShow the last 100 bytes of its standard error',
  'tail -f <name>\t\tShow the last 1024 bytes and what is written from now on, until Ctrl-C',
].join('\n');

const MAINTAIL_HELP = [
  "maintail\t\tShow the last 1600 bytes of the daemon's own log",
  'maintail -100\t\tShow the last 100 bytes',
  'maintail -f\t\tShow the last 1024 bytes and what is written from now on, until Ctrl-C',
].join('\n');

async function tail(words: readonly string[], session: Session): Promise<void> {
  if (!(await isReachable(session))) return;
  const request = parseTail(words);
  if (request.kind === 'misuse') return refuse(request, TAIL_HELP, session);
  const { name, channel, amount } = request;
  const { server } = session;
  if (amount.kind === 'follow')
    return follow(
      `/logtail/${name}/${channel}`,
      (signal) => server.followProcessLog(decodeName(name), channel, signal),
      session,
    );
  const read = channel === 'stdout' ? 'readProcessStdoutLog' : 'readProcessStderrLog';
  await printLog(name, () => server.supervisor[read](name, -amount.bytes, 0), session);
}

async function maintail(words: readonly string[], session: Session): Promise<void> {
  if (!(await isReachable(session))) return;
  const amount = parseMaintail(words);
  const { server } = session;
  if (amount.kind === 'misuse') return refuse(amount, MAINTAIL_HELP, session);
  if (amount.kind === 'follow')
    return follow('/mainlogtail', (signal) => server.followMainLog(signal), session);
  await printLog('supervisord', () => server.supervisor.readLog(-amount.bytes, 0), session);
}

function refuse({ problem, showHelp }: Misuse, help: string, session: Session): void {
  session.print(`Error: ${problem}`);
  session.fail(EXIT.GENERIC);
  if (showHelp) session.print(help);
}

export const LOGS: readonly Command[] = [
  { name: 'tail', words: 'processes', help: TAIL_HELP, run: tail },
  { name: 'maintail', words: 'free', help: MAINTAIL_HELP, run: maintail },
];
