import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Interrupted } from '../../src/ctl/command.ts';
import { createTerminal } from '../../src/ctl/terminal.ts';

function setUp(editable = false) {
  const input = new PassThrough();
  const output = new PassThrough();
  let gaveUp = 0;
  const handlers = new Set<() => void>();
  const remembered: string[] = [];
  const terminal = createTerminal({
    input,
    output,
    errors: new PassThrough(),
    editable,
    onSigint: (handler) => {
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    history: { earlier: ['before'], remember: (lines) => remembered.splice(0, Infinity, ...lines) },
    giveUp: () => {
      gaveUp += 1;
    },
  });
  const shown = () => String(output.read() ?? '');
  return { input, output, terminal, handlers, shown, remembered, gaveUp: () => gaveUp };
}

test('lines that come in one piece are answered one by one, then input ends', async () => {
  const { input, terminal, shown } = setUp();
  input.end('one\ntwo\nlast');
  assert.deepEqual(
    [await terminal.readLine('> '), await terminal.readLine('? '), await terminal.readLine('! ')],
    ['one', 'two', 'last'],
  );
  assert.equal(await terminal.readLine('> '), undefined);
  assert.equal(await terminal.readLine('> '), undefined);
  assert.equal(shown(), '> ? ! > > ');
});

test('a question may be called off, and the next one still gets its line', async () => {
  const { input, terminal } = setUp();
  const stop = new AbortController();
  const pending = terminal.readLine('', { signal: stop.signal });
  stop.abort();
  assert.equal(await pending, undefined);
  input.write('later\n');
  assert.equal(await terminal.readLine(''), 'later');
  terminal.close();
});

test('Ctrl-C reaches what can be interrupted, and nothing is left behind', async () => {
  const { terminal, handlers } = setUp();
  const result = await terminal.interruptible(async (interrupted) => {
    const [handler] = handlers;
    handler?.();
    return interrupted.aborted;
  });
  assert.equal(result, true);
  assert.equal(handlers.size, 0);
  await assert.rejects(
    terminal.interruptible(() => Promise.reject(new Error('x'))),
    { message: 'x' },
  );
  assert.equal(handlers.size, 0);
});

test('with an editor: Ctrl-C is a key that ends the question, or gives up when nobody asks', async () => {
  const { input, terminal, gaveUp } = setUp(true);
  const pending = terminal.readLine('> ');
  input.write('half\x03');
  await assert.rejects(pending, Interrupted);
  assert.equal(gaveUp(), 0);
  const before = gaveUp();
  const closed = new Promise((resolve) => input.once('pause', resolve));
  input.write('\x03');
  await closed;
  assert.equal(gaveUp(), before + 1);
});

test('with an editor: Ctrl-D leaves one question without an answer, and the next is asked as ever', async () => {
  const { input, terminal, remembered } = setUp(true);
  const first = terminal.readLine('> ');
  input.write('one\r');
  assert.equal(await first, 'one');
  const typed = terminal.readLine('');
  input.write('\x04');
  assert.equal(await typed, undefined);
  const next = terminal.readLine('> ');
  // The arrow goes to the line before.
  input.write('\x1b[A');
  input.write('\r');
  assert.equal(await next, 'one');
  assert.deepEqual(remembered, ['one', 'before']);
  terminal.close();
});

test('with an editor: candidates stand side by side as far as the terminal is wide', async () => {
  const { input, output, terminal, shown } = setUp(true);
  Object.assign(output, { columns: 40 });
  terminal.completeWith(async (line) => [['start ', 'status ', 'stop '], line]);
  const line = terminal.readLine('> ');
  for (const key of ['s', 't', '\t', '\t']) input.write(key);
  let seen = '';
  while (!/start +status +stop/.test(seen)) {
    await new Promise(setImmediate);
    seen += shown();
  }
  input.write('\r');
  assert.equal(await line, 'st');
  terminal.close();
});

test('with an editor: a secret is neither shown nor remembered', async () => {
  const { input, terminal, shown, remembered } = setUp(true);
  const name = terminal.readLine('Username:');
  input.write('somebody\r');
  assert.equal(await name, 'somebody');
  const word = terminal.readLine('Password:', { secret: true });
  input.write('hunter2\r');
  assert.equal(await word, 'hunter2');
  const text = shown();
  assert.match(text, /Username:.*somebody.*Password:/s);
  assert.ok(!text.includes('hunter2'));
  assert.deepEqual(remembered, ['somebody', 'before']);
  terminal.close();
});

test('with an editor: the tab key completes, and a server that cannot be asked completes nothing', async () => {
  const { input, terminal, shown } = setUp(true);
  terminal.completeWith(async (line) => {
    if (line.includes('!')) throw new Error('no server');
    return [['status '], line];
  });
  const line = terminal.readLine('> ');
  input.write('st\t');
  await untilShown('status ');
  input.write('!\t');
  input.write('\r');
  assert.equal(await line, 'status !');
  terminal.close();

  async function untilShown(text: string): Promise<void> {
    for (let seen = ''; !seen.includes(text); seen += shown()) await new Promise(setImmediate);
  }
});
