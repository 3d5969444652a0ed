import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readOptions, UsageError } from '../../../listeners/crashmail/options.ts';

function read(line: string, environment: Record<string, string> = {}) {
  const options = readOptions(line.split(' '), environment);
  assert.ok(options !== 'help');
  return options;
}

function refuses(line: string, message: RegExp, environment: Record<string, string> = {}): void {
  assert.throws(
    () => readOptions(line.split(' '), environment),
    (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    },
  );
}

test('--to alone goes through sendmail, about all programs', () => {
  assert.deepEqual(read('--to a@example.org'), {
    to: ['a@example.org'],
    from: `crashmail@${os.hostname()}`,
    subjectPrefix: '',
    route: { kind: 'sendmail', file: '/usr/sbin/sendmail', args: ['-t', '-i'] },
    programs: [],
    backoff: false,
    lines: 20,
    timeout: 30_000,
    test: false,
  });
});

test("superlance's options mean what they meant", () => {
  const options = readOptions(
    ['-p', 'web', '-p', 'x:*', '-o', 'PROD', '-s', '/bin/mail -t', '-m', 'a@example.org'],
    {},
  );
  assert.ok(options !== 'help');
  const { to, programs, subjectPrefix, route } = options;
  assert.deepEqual(
    { to, programs, subjectPrefix, route },
    {
      to: ['a@example.org'],
      programs: ['web', 'x:*'],
      subjectPrefix: 'PROD',
      route: { kind: 'sendmail', file: '/bin/mail', args: ['-t'] },
    },
  );
  assert.deepEqual(read('-a -p web -m a@example.org').programs, []);
  const long = read('--any --optionalheader X --sendmail_program /bin/true --email a@example.org');
  assert.equal(long.subjectPrefix, 'X');
  assert.deepEqual(long.to, ['a@example.org']);
  assert.deepEqual(long.route, { kind: 'sendmail', file: '/bin/true', args: [] });
  assert.equal(readOptions(['-h'], {}), 'help');
});

test('SMTP wants encryption unless told otherwise, each kind with its port', () => {
  const route = (line: string) => read(`--to a@example.org --smtp-host ${line}`).route;
  const smtp = { kind: 'smtp', host: 'mx', auth: undefined };
  assert.deepEqual(route('mx'), { ...smtp, port: 587, security: 'starttls' });
  assert.deepEqual(route('mx --smtp-security tls'), { ...smtp, port: 465, security: 'tls' });
  assert.deepEqual(route('mx --smtp-security none'), { ...smtp, port: 25, security: 'none' });
  assert.deepEqual(route('mx:2525'), { ...smtp, port: 2525, security: 'starttls' });
  assert.deepEqual(route('[::1]:2525'), { ...smtp, host: '::1', port: 2525, security: 'starttls' });
  assert.deepEqual(route('fe80::1'), { ...smtp, host: 'fe80::1', port: 587, security: 'starttls' });
});

test('credentials come from the environment or a file, and never cross the network in the clear', async () => {
  const line = '--to a@example.org --smtp-host mx';
  const user = { CRASHMAIL_SMTP_USER: 'me' };
  const auth = (environment: Record<string, string>, more = '') => {
    const { route } = read(line + more, environment);
    return route.kind === 'smtp' ? route.auth : undefined;
  };
  assert.deepEqual(auth({ ...user, CRASHMAIL_SMTP_PASSWORD: 'pw' }), { user: 'me', pass: 'pw' });
  const folder = await mkdtemp(path.join(os.tmpdir(), 'crashmail-'));
  try {
    const file = path.join(folder, 'password');
    await writeFile(file, 'from a file\n');
    assert.deepEqual(auth({ ...user, CRASHMAIL_SMTP_PASSWORD_FILE: file }), {
      user: 'me',
      pass: 'from a file',
    });
    refuses(line, /ENOENT/, { ...user, CRASHMAIL_SMTP_PASSWORD_FILE: `${file}.not` });
  } finally {
    await rm(folder, { recursive: true });
  }
  refuses(line, /PASSWORD_FILE is missing/, user);
  refuses(line, /CRASHMAIL_SMTP_USER is missing/, { CRASHMAIL_SMTP_PASSWORD: 'pw' });
  const both = { ...user, CRASHMAIL_SMTP_PASSWORD: 'pw' };
  refuses(`${line} --smtp-security none`, /in the clear/, both);
  const local = read('--to a@example.org --smtp-host 127.0.0.1 --smtp-security none', both).route;
  assert.ok(local.kind === 'smtp' && local.auth?.user === 'me');
});

test('what cannot be done is refused in one clear sentence', () => {
  refuses('--lines 5', /--to is missing/);
  refuses('--to a@example.org --lines many', /--lines is a whole number from 0 to 1000, not "many"/);
  refuses('--to a@example.org --timeout 0', /--timeout is a whole number from 1/);
  refuses('--to a@example.org --smtp-host mx --smtp-security ssl', /none, starttls or tls, not "ssl"/);
  refuses('--to a@example.org --smtp-security tls', /goes with --smtp-host/);
  refuses('--to a@example.org --smtp-host mx:99999', /the port is a whole number from 1 to 65535/);
  refuses('--to a@example.org --smtp-host a:b:c', /--smtp-host is HOST or HOST:PORT/);
  refuses('--to a@example.org --smtp-host mx --sendmail /bin/true', /exclude each other/);
  refuses('--to a@example.org --password x', /Unknown option '--password'/);
  refuses('--to a@example.org left over', /Unexpected argument 'left'/);
  refuses('--to a@example.org\nBcc:x@example.org', /is no mail address/);
  refuses("--to a@example.org --sendmail '", /is no command/);
});
