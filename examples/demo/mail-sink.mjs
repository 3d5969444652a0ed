/** An SMTP server that delivers nothing: it shows each mail to whoever opened it. */
import { SMTPServer } from 'smtp-server';

/**
 * Listens on a free port of 127.0.0.1. `onMail({ from, to, subject, text })` is called for each mail.
 * Returns `{ port, close }`; `close` settles once the port is free.
 */
export async function openMailSink(onMail) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    closeTimeout: 500,
    size: 1024 * 1024,
    onData(stream, session, done) {
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('error', done);
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map(({ address }) => address).join(', ');
        onMail({ from: mailFrom ? mailFrom.address : '', to, ...readMail(Buffer.concat(chunks).toString()) });
        done();
      });
    },
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  // A client that breaks off is no reason to end the demo.
  server.on('error', () => {});
  return {
    port: server.server.address().port,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** The subject and the text of a mail, as far as a terminal can show them. */
export function readMail(source) {
  const [head, body] = splitHead(source.replaceAll('\r\n', '\n'));
  const subject = decodeWords(head.get('subject') ?? '(no subject)');
  return { subject, text: readPart(head, body).trimEnd() };
}

function splitHead(text) {
  const end = text.indexOf('\n\n');
  const lines = (end === -1 ? text : text.slice(0, end)).replace(/\n[ \t]+/g, ' ').split('\n');
  const head = new Map();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) head.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return [head, end === -1 ? '' : text.slice(end + 2)];
}

/** Of several parts the first is shown, which by custom is the plain text. */
function readPart(head, body) {
  const boundary = /multipart\/[^;]+;.*boundary="?([^";]+)"?/i.exec(head.get('content-type') ?? '')?.[1];
  if (boundary !== undefined) {
    const part = body.split(`--${boundary}`)[1] ?? '';
    return readPart(...splitHead(part.replace(/^\n/, '')));
  }
  switch ((head.get('content-transfer-encoding') ?? '').toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString();
    case 'quoted-printable':
      return decodeQuoted(body.replace(/=\n/g, ''));
    default:
      return body;
  }
}

/** `=?UTF-8?Q?...?=` and its base64 form. */
function decodeWords(text) {
  const joined = text.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, form, value) =>
    form.toLowerCase() === 'b'
      ? Buffer.from(value, 'base64').toString()
      : decodeQuoted(value.replaceAll('_', ' ')),
  );
}

function decodeQuoted(text) {
  const bytes = text.replace(/=([0-9a-f]{2})/gi, (_all, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // A character beyond Latin-1 was not encoded to begin with: then the text is what it looks like.
  return /[^\0-\xff]/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString();
}
