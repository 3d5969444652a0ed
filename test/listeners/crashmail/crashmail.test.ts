import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver, makeEvent } from 'herald/testing';
import { createCrashmail } from '../../../listeners/crashmail/crashmail.ts';
import { readOptions } from '../../../listeners/crashmail/options.ts';
import { type Mailbox, openMailbox } from './mailbox.ts';

/** Nobody listens on the first port of all. */
const NOBODY = 1;

const WEB = { processname: 'web_00', groupname: 'web' };

function crashmail({ port }: { port: number }, ...more: readonly string[]) {
  const said: string[] = [];
  const args = [
    '--to',
    'ops@example.org',
    '--smtp-host',
    `127.0.0.1:${port}`,
    '--smtp-security',
    'none',
    ...more,
  ];
  const options = readOptions(args, {});
  assert.ok(options !== 'help');
  const environment = { SUPERVISOR_GROUP_NAME: 'crashmail' };
  const listener = createCrashmail({
    options,
    host: 'host1',
    boot: '1',
    environment,
    say: (line) => said.push(line),
  });
  return { listener, said };
}

const subjects = ({ mails }: Mailbox): string[] => mails.map(({ subject }) => subject);

test('one mail for each unexpected exit and each FATAL, none for anything else', async () => {
  await using mailbox = await openMailbox();
  const { listener, said } = crashmail(mailbox);
  for (const event of [
    makeEvent('PROCESS_STATE_EXITED', { ...WEB, expected: 1 }),
    makeEvent(
      'PROCESS_STATE_EXITED',
      { ...WEB, expected: 0 },
      { serial: 90_001, extra: { signal: 'SIGKILL' } },
    ),
    makeEvent('PROCESS_STATE_BACKOFF', WEB),
    makeEvent('PROCESS_STATE_STOPPED', WEB),
    makeEvent('PROCESS_STATE_FATAL', WEB),
    makeEvent('TICK_5'),
  ]) {
    assert.deepEqual(await deliver(listener, event), { result: 'OK', error: undefined });
  }
  assert.deepEqual(subjects(mailbox), [
    'web:web_00 was ended by SIGKILL on host1',
    'web:web_00 cannot be started and was given up on host1',
  ]);
  assert.equal(said[0], 'mailed about web:web_00 (PROCESS_STATE_EXITED, serial 90001) to ops@example.org');
  // There was no daemon to ask, and the mail went out all the same.
  assert.match(mailbox.mails[0]?.body ?? '', /Not known {3}SUPERVISOR_SERVER_URL is not set/);
});

test('a daemon that does not answer costs facts, not the mail', async () => {
  await using mailbox = await openMailbox();
  const options = readOptions(
    ['--to', 'ops@example.org', '--smtp-host', `127.0.0.1:${mailbox.port}`, '--smtp-security', 'none'],
    {},
  );
  assert.ok(options !== 'help');
  const environment = { SUPERVISOR_SERVER_URL: 'unix:///no/such/socket' };
  const listener = createCrashmail({ options, host: 'host1', boot: '1', environment, say: () => {} });
  assert.equal((await deliver(listener, makeEvent('PROCESS_STATE_FATAL', WEB))).result, 'OK');
  assert.match(mailbox.mails[0]?.body ?? '', /Not known {3}unix:\/\/\/no\/such\/socket: .*ENOENT/);
});

test('--backoff mails failed starts, too', async () => {
  await using mailbox = await openMailbox();
  const { listener } = crashmail(mailbox, '--backoff');
  await deliver(listener, makeEvent('PROCESS_STATE_BACKOFF', { ...WEB, tries: 3 }));
  assert.deepEqual(subjects(mailbox), ['web:web_00 failed to start (attempt 3) on host1']);
});

test('--program chooses by name or group:name; crashmail never mails about itself', async () => {
  await using mailbox = await openMailbox();
  const { listener } = crashmail(
    mailbox,
    '--program',
    'web_*',
    '--program',
    'db:*',
    '--program',
    'crashmail*',
  );
  const fatal = (groupname: string, processname: string) =>
    deliver(listener, makeEvent('PROCESS_STATE_FATAL', { groupname, processname }));
  for (const name of ['web_00', 'api', 'db']) assert.equal((await fatal(name, name)).result, 'OK');
  assert.equal((await fatal('db', 'master')).result, 'OK');
  assert.equal((await fatal('crashmail', 'crashmail')).result, 'OK');
  assert.deepEqual(
    subjects(mailbox).map((subject) => subject.split(' ')[0]),
    ['web_00:web_00', 'db:db', 'db:master'],
  );
});

test('FAIL while the server says "later", OK once it has taken the mail, and no second mail after that', async () => {
  let busy = true;
  await using mailbox = await openMailbox({
    onMailFrom: (_address, _session, callback) =>
      callback(busy ? Object.assign(new Error('try again'), { responseCode: 451 }) : null),
  });
  const { listener } = crashmail(mailbox);
  const event = makeEvent('PROCESS_STATE_FATAL', WEB);
  const first = await deliver(listener, event);
  assert.equal(first.result, 'FAIL');
  assert.match(String(first.error), /mail not sent by .*451 try again/);
  busy = false;
  assert.equal((await deliver(listener, event)).result, 'OK');
  assert.equal((await deliver(listener, event)).result, 'OK');
  assert.equal(mailbox.mails.length, 1);
});

test('a daemon that sends again at once is slowed down, and stopping does not wait for that', async () => {
  const { listener } = crashmail({ port: NOBODY });
  const event = makeEvent('PROCESS_STATE_FATAL', WEB);
  await deliver(listener, event);
  // The second attempt fails after this moment, and the third comes a second after that.
  const begin = performance.now();
  await deliver(listener, event);
  assert.equal((await deliver(listener, event)).result, 'FAIL');
  assert.ok(performance.now() - begin > 900, 'the third attempt waits for a second');
  listener.stop();
  assert.equal((await deliver(listener, event)).result, 'FAIL');
});

test('who has got the mail does not get it again when others are put off', async () => {
  let busy = true;
  await using mailbox = await openMailbox({
    onRcptTo({ address }, _session, callback) {
      if (address.startsWith('later') && busy) {
        callback(Object.assign(new Error('greylisted'), { responseCode: 450 }));
      } else callback();
    },
  });
  const { listener } = crashmail(mailbox, '--to', 'later@example.org');
  const event = makeEvent('PROCESS_STATE_FATAL', WEB);
  const { result, error } = await deliver(listener, event);
  assert.equal(result, 'FAIL');
  assert.match(String(error), /postponed by .* for later@example\.org/);
  busy = false;
  assert.equal((await deliver(listener, event)).result, 'OK');
  assert.deepEqual(
    mailbox.mails.map(({ to }) => to),
    [['ops@example.org'], ['later@example.org']],
  );
});

test('an address that is refused for good is told, and the others have got the mail', async () => {
  await using mailbox = await openMailbox({
    onRcptTo({ address }, _session, callback) {
      if (address.startsWith('gone'))
        callback(Object.assign(new Error('no such user'), { responseCode: 550 }));
      else callback();
    },
  });
  const { listener, said } = crashmail(mailbox, '--to', 'gone@example.org');
  assert.equal((await deliver(listener, makeEvent('PROCESS_STATE_FATAL', WEB))).result, 'OK');
  assert.equal(mailbox.mails.length, 1);
  assert.match(said[0] ?? '', /^refused by .*gone@example\.org: .*550 no such user/);
});
