/** A mail server on loopback that keeps what it is sent. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Mail {
  readonly to: readonly string[];
  /** Headers and body as they came. */
  readonly raw: string;
  readonly subject: string;
  readonly body: string;
  readonly secure: boolean;
}

export interface Mailbox extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly Mail[];
  /** Resolves when this many mails are there. */
  received(count: number): Promise<void>;
}

/** Port 0: any. */
export async function openMailbox(options: SMTPServerOptions = {}, port = 0): Promise<Mailbox> {
  const mails: Mail[] = [];
  let arrived = (): void => {};
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 100,
    onData(stream, session, callback) {
      text(stream).then((raw) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, raw, ...readMail(raw), secure: session.secure });
        arrived();
        callback();
      }, callback);
    },
    ...options,
  });
  // A client that gives up is no news here.
  server.on('error', () => {});
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    received: (count) =>
      new Promise((resolve) => {
        arrived = () => {
          if (mails.length >= count) resolve();
        };
        arrived();
      }),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Enough of MIME for mails that crashmail writes: one part of text. */
export function readMail(raw: string): { readonly subject: string; readonly body: string } {
  const unified = raw.replace(/\r\n/g, '\n');
  const end = unified.indexOf('\n\n');
  const headers = unified.slice(0, end).replace(/\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'im').exec(headers)?.[1] ?? '';
  const body = unified.slice(end + 2);
  const encoding = header('Content-Transfer-Encoding').toLowerCase();
  return {
    subject: decodeWords(header('Subject')),
    body:
      encoding === 'base64'
        ? Buffer.from(body, 'base64').toString()
        : encoding === 'quoted-printable'
          ? unquote(body.replace(/=\n/g, ''))
          : body,
  };
}

function decodeWords(value: string): string {
  return value
    .replace(/\?= =\?/g, '?==?')
    .replace(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_word, kind: string, data: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(data, 'base64').toString()
        : unquote(data.replaceAll('_', ' ')),
    );
}

function unquote(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_match, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}
