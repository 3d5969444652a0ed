import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { createCrashmail } from './crashmail.ts';
import { routeName, sendMail } from './delivery.ts';
import { testMessage } from './message.ts';
import { type Options, readOptions, UsageError } from './options.ts';
import { USAGE } from './usage.ts';

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  let options: Options | 'help';
  try {
    options = readOptions(args, process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say(`${error.message} (crashmail --help lists the options)`);
    process.exitCode = 2;
    return;
  }
  if (options === 'help') process.stdout.write(USAGE);
  else if (options.test) await sendTest(options);
  else {
    await createCrashmail({ options, host: hostname(), boot: bootOf(), environment: process.env, say }).run();
  }
}

async function sendTest(options: Options): Promise<void> {
  const { from, to, route, timeout, subjectPrefix } = options;
  const message = testMessage({ host: hostname(), boot: bootOf(), subjectPrefix, now: new Date() });
  try {
    const { postponed, refused } = await sendMail({ ...message, from, to }, route, timeout);
    const missed = [...postponed.map((address) => `${address}: postponed`), ...refused];
    if (missed.length === 0) return say(`test mail to ${to.join(', ')} was taken by ${routeName(route)}`);
    say(`test mail was not taken for all: ${missed.join('; ')}`);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
  process.exitCode = 1;
}

/** The daemon's pid and when it started, which no other run of a daemon on this host shares. */
function bootOf(): string {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    // The name in parentheses may hold anything; the start is the 20th field behind it.
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    // No /proc here: copies of a mail cannot be told from each other across a restart of crashmail, then.
    return randomUUID();
  }
}

function say(text: string): void {
  process.stderr.write(`crashmail: ${text.replace(/\s*\n\s*/g, ' | ')}\n`);
}
