/** What the mail says. */
import { createHash } from 'node:crypto';
import type { ListenerEvent } from 'herald/listener';
import type { Facts } from './facts.ts';

export type CrashEvent = ListenerEvent<
  'PROCESS_STATE_EXITED' | 'PROCESS_STATE_FATAL' | 'PROCESS_STATE_BACKOFF'
>;

export interface Message {
  readonly subject: string;
  readonly text: string;
  /** The same for the same event of the same daemon, so that mail programs can tell a copy. */
  readonly messageId: string;
}

export interface Surroundings {
  readonly host: string;
  readonly subjectPrefix: string;
  /** Tells this run of the daemon from others: serials begin anew with each. */
  readonly boot: string;
  readonly now: Date;
}

const MAX_SUBJECT_CHARACTERS = 200;

export function composeMessage(event: CrashEvent, facts: Facts, where: Surroundings): Message {
  const program = `${event.payload.groupname}:${event.payload.processname}`;
  const sentence = `${program} ${describe(event, facts)}`;
  const prefix = where.subjectPrefix === '' ? '' : `${where.subjectPrefix}: `;
  const parts = [
    `${oneLine(sentence)} on ${where.host}.`,
    table(event, facts, where),
    logPart('stdout', facts.stdout),
    logPart('stderr', facts.stderr),
  ];
  return {
    subject: truncate(oneLine(`${prefix}${sentence} on ${where.host}`)),
    text: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
    messageId: messageId(event, where),
  };
}

export function testMessage(where: Surroundings): Message {
  return {
    subject: truncate(
      oneLine(
        `${where.subjectPrefix === '' ? '' : `${where.subjectPrefix}: `}crashmail test on ${where.host}`,
      ),
    ),
    text: `This is a test of crashmail on ${where.host}, sent at ${where.now.toISOString()}.\nMails about crashes will arrive like this one.\n`,
    messageId: idOf(['test', where.host, where.boot, where.now.toISOString()], where.host),
  };
}

function describe(event: CrashEvent, facts: Facts): string {
  switch (event.name) {
    case 'PROCESS_STATE_EXITED':
      return exitOf(event, facts) ?? 'exited unexpectedly';
    case 'PROCESS_STATE_BACKOFF':
      return `failed to start (attempt ${event.payload.tries})${behind(reasonOf(event, facts) ?? exitOf(event, facts))}`;
    case 'PROCESS_STATE_FATAL':
      // A shutdown gives up whatever waits for its next attempt, which may have been the good one.
      return `${facts.shuttingDown ? 'had not come up when the daemon was shut down' : 'cannot be started and was given up'}${behind(reasonOf(event, facts))}`;
  }
}

function behind(detail: string | undefined): string {
  return detail === undefined ? '' : `: ${detail}`;
}

/** How the process ended, from the event or, where it is still true, from the daemon's answer. */
function exitOf({ name, extra }: CrashEvent, { info }: Facts): string | undefined {
  if (name === 'PROCESS_STATE_FATAL') return undefined;
  if (extra.signal !== undefined) {
    return `was ended by ${extra.signal}${extra.core ? ' (core dumped)' : ''}`;
  }
  if (extra.exitstatus !== undefined) return `exited unexpectedly with status ${extra.exitstatus}`;
  // A process that has been started again has no exit status any more, whatever the answer says.
  if (info === undefined || info.statename !== name.slice('PROCESS_STATE_'.length)) return undefined;
  // For every death by signal the daemon answers -1.
  if (info.exitstatus === -1) return 'was ended by a signal';
  return info.exitstatus > 0 ? `exited unexpectedly with status ${info.exitstatus}` : undefined;
}

function reasonOf({ extra }: CrashEvent, { info }: Facts): string | undefined {
  return extra.reason ?? (info?.spawnerr || undefined);
}

function table(event: CrashEvent, facts: Facts, { host, now }: Surroundings): string {
  const { payload, header } = event;
  const rows: readonly (readonly [string, string | number | undefined])[] = [
    ['Program', `${payload.groupname}:${payload.processname}`],
    ['Host', host],
    ['Time', event.at?.toISOString() ?? `${now.toISOString()} (when this mail was written)`],
    ['What', exitOf(event, facts)],
    ['Reason', event.name === 'PROCESS_STATE_EXITED' ? undefined : reasonOf(event, facts)],
    ['Pid', 'pid' in payload ? payload.pid : undefined],
    ['From state', payload.from_state],
    ['Attempts', 'tries' in payload ? payload.tries : undefined],
    ['State now', facts.info?.statename],
    ['Event', `${event.name}, serial ${header.serial} of ${header.server}`],
    ['Not known', facts.problem],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(12)}${oneLine(String(value))}`)
    .join('\n');
}

function logPart(name: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `Last lines of ${name}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

function messageId(event: CrashEvent, { host, boot }: Surroundings): string {
  const { header, text } = event;
  return idOf([header.server, boot, String(header.serial), header.eventname, text], host);
}

function idOf(parts: readonly string[], host: string): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32);
  // A host may be called anything; in a message id only these are safe.
  return `<crashmail.${hash}@${host.replace(/[^A-Za-z0-9.-]/g, '-') || 'localhost'}>`;
}

/** Control characters and line separators would end a header, or forge a line of the mail. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}

function truncate(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_SUBJECT_CHARACTERS
    ? text
    : `${characters.slice(0, MAX_SUBJECT_CHARACTERS - 3).join('')}...`;
}
