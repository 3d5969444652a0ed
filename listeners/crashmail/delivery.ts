/** Hands a mail over, or throws a DeliveryError that says in one line why not. */
import { spawn } from 'node:child_process';
import nodemailer, { type SendMailOptions } from 'nodemailer';
import type { Message } from './message.ts';
import type { SendmailRoute, SmtpRoute } from './options.ts';

export interface Addressed extends Message {
  readonly from: string;
  readonly to: readonly string[];
}

/** What became of a mail that was taken for at least one address. */
export interface Receipt {
  /** Worth another try: the server said "later". */
  readonly postponed: readonly string[];
  /** Refused for good, with the server's words. */
  readonly refused: readonly string[];
}

export class DeliveryError extends Error {
  override readonly name = 'DeliveryError';
}

export function routeName(route: SmtpRoute | SendmailRoute): string {
  return route.kind === 'smtp'
    ? `${route.host}:${route.port} (${route.security === 'none' ? 'no encryption' : route.security})`
    : [route.file, ...route.args].join(' ');
}

/** Resolves when the mail server or sendmail has taken the mail. Throws DeliveryError. */
export async function sendMail(
  mail: Addressed,
  route: SmtpRoute | SendmailRoute,
  timeout: number,
): Promise<Receipt> {
  try {
    if (route.kind === 'smtp') return await sendBySmtp(mail, route, timeout);
    await pipeTo(route, await render(mail), timeout);
    return { postponed: [], refused: [] };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeliveryError(`mail not sent by ${routeName(route)}: ${reason}`, { cause: error });
  }
}

/** How long a server may take to hang up once we are done with it. */
const CLOSE_GRACE_MS = 100;

async function sendBySmtp(mail: Addressed, route: SmtpRoute, timeout: number): Promise<Receipt> {
  const transport = nodemailer.createTransport({
    host: route.host,
    port: route.port,
    secure: route.security === 'tls',
    requireTLS: route.security === 'starttls',
    ignoreTLS: route.security === 'none',
    dnsTimeout: timeout,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    // A server that hangs does not close its side either, and must not keep the process.
    socketCloseTimeout: CLOSE_GRACE_MS,
    ...(route.auth === undefined ? {} : { auth: route.auth }),
  });
  // The timeouts above are for one step each. This one is for all of them.
  const deadline = AbortSignal.timeout(timeout);
  try {
    const info = await transport.sendMail({ ...mailOptions(mail), signal: deadline } as SendMailOptions);
    return sortRejected(info.rejectedErrors ?? []);
  } catch (error) {
    if (deadline.aborted) throw new Error(`not done within ${timeout / 1000} s`, { cause: error });
    throw error;
  } finally {
    transport.close();
  }
}

interface RejectedRecipient {
  readonly recipient?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly message: string;
}

function sortRejected(errors: readonly RejectedRecipient[]): Receipt {
  const isFinal = ({ responseCode = 0 }: RejectedRecipient): boolean => responseCode >= 500;
  return {
    postponed: errors.filter((error) => !isFinal(error)).map(({ recipient }) => recipient ?? ''),
    refused: errors.filter(isFinal).map(({ recipient, message }) => `${recipient}: ${message}`),
  };
}

function mailOptions({ from, to, subject, text, messageId }: Addressed): SendMailOptions {
  return {
    from,
    to: [...to],
    subject,
    text,
    messageId,
    // Keeps vacation programs and the like from answering.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

async function render(mail: Addressed): Promise<Buffer> {
  const writer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  const { message } = await writer.sendMail(mailOptions(mail));
  if (!Buffer.isBuffer(message)) throw new TypeError('a buffer was asked for');
  return message;
}

const MAX_COMPLAINT = 500;

function pipeTo({ file, args }: SendmailRoute, message: Buffer, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      // Whoever inherited its stderr must not keep us waiting.
      child.stderr.destroy();
      reject(new Error(`not done within ${timeout / 1000} s`));
    }, timeout);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, MAX_COMPLAINT);
    });
    // EPIPE: it has not read all of the mail. Its exit status is what counts.
    child.stdin.on('error', () => {});
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      if (status === 0) return resolve();
      const how = signal === null ? `exit status ${status}` : `ended by ${signal}`;
      reject(new Error(complaint.trim() === '' ? how : `${how}: ${complaint.trim()}`));
    });
    child.stdin.end(message);
  });
}
