import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createListener, Discard } from '../../src/sdk/listener.ts';
import { decodeEvent } from '../../src/sdk/listener-event.ts';
import { deliver, makeEvent } from '../../src/sdk/testing.ts';

test('the handlers of an event run from the most specific to EVENT, one at a time', async () => {
  const ran: string[] = [];
  const note = (what: string) => async () => {
    ran.push(`${what} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    ran.push(`${what} ends`);
  };
  const listener = createListener()
    .on('EVENT', note('EVENT'))
    .on('PROCESS_STATE', note('PROCESS_STATE'))
    .on('PROCESS_STATE_FATAL', note('PROCESS_STATE_FATAL'))
    .on('PROCESS_STATE_EXITED', note('PROCESS_STATE_EXITED'));
  const { result } = await deliver(listener, makeEvent('PROCESS_STATE_FATAL'));
  assert.equal(result, 'OK');
  assert.deepEqual(
    ran,
    ['PROCESS_STATE_FATAL', 'PROCESS_STATE', 'EVENT'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
});

test('a handler that rejects or throws fails the event, and later handlers do not run', async () => {
  const error = new Error('no');
  let ran = 0;
  const throwing = createListener()
    .on('TICK_5', () => {
      throw error;
    })
    .on('TICK', () => ran++);
  assert.deepEqual(await deliver(throwing, makeEvent('TICK_5')), { result: 'FAIL', error });
  assert.equal(ran, 0);
  const rejecting = createListener().on('TICK_5', () => Promise.reject(error));
  assert.deepEqual(await deliver(rejecting, makeEvent('TICK_5')), { result: 'FAIL', error });
});

test('throwing undefined fails the event, too', async () => {
  const listener = createListener().on('TICK_5', () => Promise.reject());
  const { result, error } = await deliver(listener, makeEvent('TICK_5'));
  assert.equal(result, 'FAIL');
  assert.ok(error instanceof Error);
});

test('a discarded event is answered OK, and the reason is told', async () => {
  const listener = createListener().on('TICK_5', () => Promise.reject(new Discard('useless')));
  const { result, error } = await deliver(listener, makeEvent('TICK_5'));
  assert.equal(result, 'OK');
  assert.ok(error instanceof Discard);
});

test('events that nobody handles are answered OK', async () => {
  const listener = createListener();
  assert.deepEqual(await deliver(listener, makeEvent('TICK_5')), { result: 'OK', error: undefined });
});

test('onRemote sees its own type only, with the parsed data, before REMOTE_COMMUNICATION', async () => {
  const seen: unknown[] = [];
  const listener = createListener()
    .on('REMOTE_COMMUNICATION', ({ payload }) => seen.push(['any', payload.type]))
    .onRemote(
      'deploy',
      (data) => ({ version: Number(data) }),
      ({ data, payload }) => seen.push(['deploy', data.version + 1, payload.data]),
    )
    .onRemote('other', ({ data }) => seen.push(['other', data]));
  await deliver(listener, makeEvent('REMOTE_COMMUNICATION', { type: 'deploy', data: '6' }));
  await deliver(listener, makeEvent('REMOTE_COMMUNICATION', { type: 'constructor', data: '6' }));
  assert.deepEqual(seen, [
    ['deploy', 7, '6'],
    ['any', 'deploy'],
    ['any', 'constructor'],
  ]);
});

test('data that its parser refuses fails the event, and the handler does not run', async () => {
  let ran = 0;
  const listener = createListener().onRemote('deploy', JSON.parse, () => ran++);
  const { result, error } = await deliver(
    listener,
    makeEvent('REMOTE_COMMUNICATION', { type: 'deploy', data: '{' }),
  );
  assert.equal(result, 'FAIL');
  assert.ok(error instanceof SyntaxError);
  assert.equal(ran, 0);
});

test('a parser may take its time', async () => {
  const listener = createListener().onRemote(
    'deploy',
    async (data) => data.length,
    ({ data }) => assert.equal(data + 1, 5),
  );
  const event = makeEvent('REMOTE_COMMUNICATION', { type: 'deploy', data: 'four' });
  assert.deepEqual(await deliver(listener, event), { result: 'OK', error: undefined });
});

test('a name that is not in the catalogue is refused where it is written', () => {
  // @ts-expect-error: a misspelt name does not compile, either.
  assert.throws(() => createListener().on('PROCESS_STATE_FATEL', () => {}), /no event PROCESS_STATE_FATEL/);
});

test('an event that is not in the catalogue goes to onUnknown with its tokens and its body', async () => {
  const { event } = decodeEvent({
    header: { ...makeEvent('TICK_5').header, eventname: 'PLUGIN_EVENT' },
    payloadText: 'a:1 b:2\nrest\n',
  });
  const seen: unknown[] = [];
  const listener = createListener()
    .on('EVENT', () => seen.push('EVENT'))
    .onUnknown(({ name, tokens, body }) => seen.push([name, Object.fromEntries(tokens), body]));
  assert.equal((await deliver(listener, event)).result, 'OK');
  assert.deepEqual(seen, [['PLUGIN_EVENT', { a: '1', b: '2' }, 'rest\n']]);
});

test('the payload of an unknown event need not be made of tokens', () => {
  const { event } = decodeEvent({
    header: { ...makeEvent('TICK_5').header, eventname: 'PLUGIN_EVENT' },
    payloadText: 'just text\nmore',
  });
  assert.ok('tokens' in event);
  assert.equal(event.tokens.size, 0);
  assert.equal(event.body, 'more');
  assert.equal(event.text, 'just text\nmore');
});

test('families are unions to be narrowed by name', async () => {
  const listener = createListener().on('PROCESS_STATE', (event) => {
    if (event.name === 'PROCESS_STATE_EXITED') assert.equal(event.payload.expected, 0);
    // @ts-expect-error: not all states have a pid.
    else assert.equal(event.payload.pid, undefined);
  });
  assert.equal((await deliver(listener, makeEvent('PROCESS_STATE_EXITED', { expected: 0 }))).result, 'OK');
  assert.equal((await deliver(listener, makeEvent('PROCESS_STATE_FATAL'))).result, 'OK');
});

test('handlers get the signal that stop() fires', async () => {
  const listener = createListener();
  listener.on('TICK_5', (_event, { signal }) => {
    assert.equal(signal.aborted, false);
    listener.stop();
    assert.equal(signal.aborted, true);
  });
  assert.equal((await deliver(listener, makeEvent('TICK_5'))).result, 'OK');
});
