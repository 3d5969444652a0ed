import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { StartFailure } from '../../../src/supervisor/facade.ts';
import { FakeProcess, makeGroup } from '../../rpc/fake-facade.ts';
import { messageOf, servePage } from './page-server.ts';

/** A process that starts and stops by itself, a moment later, or fails to start. */
class Obliging extends FakeProcess {
  failure: StartFailure | undefined;

  override start() {
    const started = super.start();
    if (started.begun === undefined) setImmediate(() => this.finishStart(this.failure));
    return started;
  }

  override stop() {
    const stopped = super.stop();
    if (stopped.begun === undefined) setImmediate(() => this.finishStop());
    return stopped;
  }
}

async function serveSome(t: TestContext) {
  const x = new Obliging('x');
  const a = new Obliging('a', 'g');
  const b = new Obliging('b', 'g');
  const page = await servePage(t, [makeGroup('x', [x]), makeGroup('g', [a, b])]);
  return { ...page, x, a, b };
}

const CTIME = '[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9]\\d \\d\\d:\\d\\d:\\d\\d \\d{4}';

describe('actions', () => {
  it('start, stop, restart and clear, and say so in the words of Supervisor', async (t) => {
    const { act, x, b } = await serveSome(t);
    assert.equal(await act('processname=x&action=start'), 'Process x started');
    assert.equal(x.state, 'RUNNING');
    assert.equal(await act('processname=x&action=restart'), 'Process x restarted');
    assert.equal(await act('processname=x&action=stop'), 'Process x stopped');
    assert.equal(x.state, 'STOPPED');
    assert.equal(await act('processname=x&action=clearlog'), 'Log for x cleared');
    assert.deepEqual(x.seen, ['start', 'stop', 'start', 'stop', 'clear']);
    assert.equal(await act('processname=g%3Ab&action=restart'), 'Process g:b restarted');
    assert.equal(b.state, 'RUNNING');
  });

  it('are for all, too', async (t) => {
    const { act, x, a, b } = await serveSome(t);
    assert.match(await act('action=refresh'), new RegExp(`^Page refreshed at ${CTIME}$`));
    assert.deepEqual(x.seen, []);
    assert.match(await act('action=restartall'), new RegExp(`^All restarted at ${CTIME}$`));
    assert.deepEqual([x.state, a.state, b.state], ['RUNNING', 'RUNNING', 'RUNNING']);
    // A name beside them means nothing.
    assert.match(await act('action=stopall&processname=nope'), new RegExp(`^All stopped at ${CTIME}$`));
    assert.deepEqual([x.state, a.state, b.state], ['STOPPED', 'STOPPED', 'STOPPED']);
  });

  it('are for groups, too', async (t) => {
    const { act, x, a, b } = await serveSome(t);
    assert.equal(await act('groupname=g&action=startgroup'), 'Group g started');
    assert.deepEqual([x.state, a.state, b.state], ['STOPPED', 'RUNNING', 'RUNNING']);
    assert.equal(await act('groupname=g&action=restartgroup'), 'Group g restarted');
    assert.equal(await act('groupname=g&action=stopgroup'), 'Group g stopped');
    assert.deepEqual(a.seen, ['start', 'stop', 'start', 'stop']);
    assert.equal(await act('groupname=nope&action=stopgroup'), 'No such group named nope');
  });

  it('tell what was refused or went wrong', async (t) => {
    const { act, x } = await serveSome(t);
    for (const name of ['nope', 'g', 'g:', 'g:*', 'x:y']) {
      assert.equal(await act(`processname=${name}&action=stop`), `No such process named ${name}`);
    }
    assert.equal(await act('processname=x&action=stop'), 'unexpected rpc fault [70] NOT_RUNNING: x');
    x.clearError = new Error('read-only');
    assert.equal(await act('processname=x&action=clearlog'), 'unexpected rpc fault [30] FAILED: x');
    for (const [failure, text] of [
      [{ kind: 'NO_FILE', detail: "can't find" }, 'no such file'],
      [{ kind: 'NOT_EXECUTABLE', detail: 'no' }, 'file not executable'],
      [{ kind: 'ALREADY_STARTED' }, 'already started'],
      [{ kind: 'SPAWN_ERROR' }, 'spawn error'],
      [{ kind: 'ABNORMAL_TERMINATION' }, 'abnormal termination'],
      [{ kind: 'FAILED', detail: 'why' }, 'unexpected rpc fault [30] FAILED: why'],
    ] as const) {
      x.begunStart = failure;
      assert.equal(await act('processname=x&action=start'), `ERROR: Process x: ${text}`);
    }
    x.begunStart = undefined;
    x.failure = { kind: 'SPAWN_ERROR' };
    assert.equal(await act('processname=x&action=start'), 'ERROR: Process x: spawn error');
  });

  it('a restart that fails is told, for one and for many', async (t) => {
    const { act, x, a } = await serveSome(t);
    x.failure = { kind: 'ABNORMAL_TERMINATION' };
    a.failure = { kind: 'SPAWN_ERROR' };
    assert.equal(await act('processname=x&action=restart'), 'ERROR: Process x: abnormal termination');
    assert.equal(
      await act('groupname=g&action=restartgroup'),
      'Group g restarted, but not g:a (spawn error)',
    );
    assert.match(
      await act('action=restartall'),
      new RegExp(`^All restarted at ${CTIME}, but not (x|g:a) \\([a-z ]+\\), (x|g:a) \\([a-z ]+\\)$`),
    );
  });

  it('a message names ten failures at most', async (t) => {
    const members = Array.from({ length: 13 }, (_, index) => {
      const member = new Obliging(`m${index}`, 'g');
      member.begunStart = { kind: 'NO_FILE', detail: 'x' };
      return member;
    });
    const { act } = await servePage(t, [makeGroup('g', members)]);
    const message = await act('groupname=g&action=startgroup');
    assert.equal(message.match(/\(no such file\)/g)?.length, 10);
    assert.match(message, / and 3 more$/);
  });

  it('lead back to the page, which shows the message, below any path', async (t) => {
    const { send, get } = await serveSome(t);
    const answer = await send('GET', '/index.html?action=clearlog&processname=x&filter=a%26b');
    assert.equal(answer.status, 301);
    assert.equal(answer.headers.location, './?message=Log%20for%20x%20cleared&filter=a%26b');
    assert.match(answer.headers['cache-control'] ?? '', /no-cache/);
    const { body } = await get(`/${answer.headers.location?.slice(2)}`);
    assert.ok(body.includes('class="status_msg">Log for x cleared</p>'));
    assert.match((await get('/?message=ERROR:+no')).body, /class="status_msg complaint">ERROR: no</);
  });

  it('come by form, whose body is over the query', async (t) => {
    const { post, x } = await serveSome(t);
    assert.equal(messageOf(await post('/index.html', 'processname=x&action=start')), 'Process x started');
    assert.equal(messageOf(await post('/?processname=x&action=stop', '')), 'Process x stopped');
    const both = await post('/index.html?processname=nope&action=stop', 'processname=x&action=start');
    assert.equal(messageOf(both), 'Process x started');
    // Of a name that comes twice, the first counts in a query and the last in a body; empty ones do not.
    assert.equal(
      messageOf(await post('/?processname=x&processname=g:a', 'action=start&action=clearlog&action=')),
      'Log for x cleared',
    );
    assert.equal(x.seen.at(-1), 'clear');
  });

  it('answer with the message alone to who wants text', async (t) => {
    const { post } = await serveSome(t);
    const answer = await post('/index.html', 'processname=x&action=start', { Accept: 'text/plain' });
    assert.deepEqual([answer.status, answer.body], [200, 'Process x started\n']);
    assert.equal(answer.headers['content-type'], 'text/plain;charset=utf-8');
  });

  it('that do not exist are the fault of who asks', async (t) => {
    const { get, log } = await serveSome(t);
    const before = log.lines.length;
    for (const query of [
      'action=bogus',
      'action=stop',
      'processname=x&action=bogus',
      'groupname=g&action=stop',
    ]) {
      const { status, body } = await get(`/?${query}`);
      assert.deepEqual([status, /^There is no action "\w+"/.test(body)], [400, true], query);
    }
    assert.equal(log.lines.length, before);
  });

  it('nothing happens for HEAD, nor for a form that is too large or has no length', async (t) => {
    const { send, post, x } = await serveSome(t);
    assert.equal((await send('HEAD', '/?processname=x&action=start')).status, 200);
    assert.equal((await post('/', `processname=x&action=start&pad=${'x'.repeat(65536)}`)).status, 413);
    const chunked = { 'Transfer-Encoding': 'chunked' };
    assert.equal((await send('POST', '/?processname=x&action=start', chunked)).status, 411);
    assert.equal((await send('PUT', '/?processname=x&action=start')).status, 400);
    assert.deepEqual(x.seen, []);
  });

  it('hold their answer until all is done, and nobody else', async (t) => {
    const slow = new FakeProcess('slow');
    const { get, post } = await servePage(t, [makeGroup('slow', [slow])]);
    const begun = new Promise<void>((resolve) => {
      const { start } = slow;
      slow.start = () => {
        setImmediate(resolve);
        return start.call(slow);
      };
    });
    let answered = false;
    const answer = post('/index.html', 'processname=slow&action=start').then((all) => {
      answered = true;
      return all;
    });
    await begun;
    for (let n = 0; n < 5; n++) assert.match((await get('/')).body, /starting/);
    assert.equal(answered, false);
    slow.finishStart();
    assert.equal(messageOf(await answer), 'Process slow started');
  });

  it('go on when the client leaves meanwhile', async (t) => {
    const { act, x, log, socketPath } = await serveSome(t);
    const begun = new Promise<void>((resolve) => {
      x.start = () => {
        resolve();
        return FakeProcess.prototype.start.call(x);
      };
    });
    const lines = log.lines.length;
    const client = connect(socketPath);
    client.write('GET /index.html?processname=x&action=start HTTP/1.1\r\n\r\n');
    await begun;
    client.destroy();
    await once(client, 'close');
    assert.equal(await act('processname=g:a&action=start'), 'Process g:a started');
    x.finishStart({ kind: 'SPAWN_ERROR' });
    assert.equal(await act('processname=g:a&action=stop'), 'Process g:a stopped');
    assert.equal(log.lines.length, lines);
  });
});
