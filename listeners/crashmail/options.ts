import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { splitWords } from './words.ts';

export type SmtpSecurity = 'none' | 'starttls' | 'tls';

export interface SmtpRoute {
  readonly kind: 'smtp';
  readonly host: string;
  readonly port: number;
  readonly security: SmtpSecurity;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
}

export interface SendmailRoute {
  readonly kind: 'sendmail';
  readonly file: string;
  readonly args: readonly string[];
}

export interface Options {
  readonly to: readonly string[];
  readonly from: string;
  readonly subjectPrefix: string;
  readonly route: SmtpRoute | SendmailRoute;
  /** Globs; empty: all programs. */
  readonly programs: readonly string[];
  readonly backoff: boolean;
  readonly lines: number;
  /** Milliseconds for handing over one mail. */
  readonly timeout: number;
  readonly test: boolean;
}

/** The command line or the environment asks for something that cannot be done: its writer must act. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws UsageError. `help` when help is asked for. */
export function readOptions(args: readonly string[], environment: Environment): Options | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const to = [...(values.to ?? []), ...(values.email ?? [])].map((text) => address('--to', text));
  if (to.length === 0) throw new UsageError('--to is missing: nobody to send mail to');
  const programs = [...(values.program ?? [])];
  return {
    to,
    from: address('--from', values.from ?? `crashmail@${hostname()}`),
    subjectPrefix: values['subject-prefix'] ?? values.optionalheader ?? '',
    route: routeOf(values, environment),
    programs: values.all || values.any ? [] : programs,
    backoff: values.backoff ?? false,
    lines: number('--lines', values.lines ?? '20', 0, 1000),
    timeout: number('--timeout', values.timeout ?? '30', 1, 3600) * 1000,
    test: values.test ?? false,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const list = { type: 'string', multiple: true } as const;
  const flag = { type: 'boolean' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        to: { ...list, short: 'm' },
        from: text,
        'subject-prefix': { ...text, short: 'o' },
        'smtp-host': text,
        'smtp-security': text,
        sendmail: { ...text, short: 's' },
        program: { ...list, short: 'p' },
        all: { ...flag, short: 'a' },
        backoff: flag,
        lines: text,
        timeout: text,
        test: flag,
        help: { ...flag, short: 'h' },
        // What superlance calls them.
        email: list,
        any: flag,
        optionalheader: text,
        sendmail_program: text,
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function routeOf(values: ReturnType<typeof parse>, environment: Environment): SmtpRoute | SendmailRoute {
  const sendmail = values.sendmail ?? values.sendmail_program;
  const smtp = values['smtp-host'];
  if (smtp === undefined) {
    if (values['smtp-security'] !== undefined) throw new UsageError('--smtp-security goes with --smtp-host');
    return sendmailRoute(sendmail ?? '/usr/sbin/sendmail -t -i');
  }
  if (sendmail !== undefined) throw new UsageError('--sendmail and --smtp-host exclude each other');
  const security = securityOf(values['smtp-security'] ?? 'starttls');
  const { host, port } = hostAndPort(smtp, security);
  const auth = authOf(environment);
  if (auth !== undefined && security === 'none' && !isLoopback(host)) {
    throw new UsageError(
      `a password would cross the network in the clear: use --smtp-security starttls or tls for ${host}`,
    );
  }
  return { kind: 'smtp', host, port, security, auth };
}

function sendmailRoute(command: string): SendmailRoute {
  const [file, ...args] = splitWords(command) ?? [];
  if (file === undefined) throw new UsageError(`--sendmail: "${command}" is no command`);
  return { kind: 'sendmail', file, args };
}

function securityOf(text: string): SmtpSecurity {
  if (text === 'none' || text === 'starttls' || text === 'tls') return text;
  throw new UsageError(`--smtp-security is none, starttls or tls, not "${text}"`);
}

const DEFAULT_PORTS = { none: 25, starttls: 587, tls: 465 } as const;

function hostAndPort(text: string, security: SmtpSecurity): { host: string; port: number } {
  if (isIPv6(text)) return { host: text, port: DEFAULT_PORTS[security] };
  // With a port, brackets hold the colons of an IPv6 address together.
  const match = /^\[([0-9A-Fa-f:.]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([^:\s]+)(?::(\d{1,5}))?$/.exec(text);
  const [, host, port] = match ?? [];
  if (host === undefined) throw new UsageError(`--smtp-host is HOST or HOST:PORT, not "${text}"`);
  if (port !== undefined) return { host, port: number('--smtp-host: the port', port, 1, 65535) };
  return { host, port: DEFAULT_PORTS[security] };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function authOf(environment: Environment): SmtpRoute['auth'] {
  const { CRASHMAIL_SMTP_USER: user, CRASHMAIL_SMTP_PASSWORD: word } = environment;
  const { CRASHMAIL_SMTP_PASSWORD_FILE: file } = environment;
  if (user === undefined || user === '') {
    if (word || file) throw new UsageError('CRASHMAIL_SMTP_USER is missing beside the password');
    return undefined;
  }
  if (file) return { user, pass: readPassword(file) };
  if (word) return { user, pass: word };
  throw new UsageError('CRASHMAIL_SMTP_PASSWORD or CRASHMAIL_SMTP_PASSWORD_FILE is missing beside the user');
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`CRASHMAIL_SMTP_PASSWORD_FILE: ${error instanceof Error ? error.message : error}`);
  }
}

function address(option: string, text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a header.
  if (text.trim() === '' || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new UsageError(`${option}: ${JSON.stringify(text)} is no mail address`);
  }
  return text.trim();
}

function number(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${option} is a whole number from ${least} to ${most}, not "${text}"`);
}
