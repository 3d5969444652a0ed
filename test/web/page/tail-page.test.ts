import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { FakeProcess, makeGroup } from '../../rpc/fake-facade.ts';
import { servePage } from './page-server.ts';

async function serveLogs(t: TestContext) {
  const x = new FakeProcess('x');
  x.stdoutLogfile = '/o';
  const page = await servePage(t, [makeGroup('x', [x])]);
  const tail = async (query: string) => {
    const { body } = await page.get(`/tail.html?${query}`);
    return /<pre[^>]*>([\s\S]*)<\/pre>/.exec(body)?.[1];
  };
  return { ...page, x, tail };
}

describe('the tail page', () => {
  it('shows the end of a log, 1,024 bytes or as many as are asked for', async (t) => {
    const { reader, tail } = await serveLogs(t);
    reader.put('/o', `${'a'.repeat(2000)}<end>`);
    assert.equal(await tail('processname=x'), `${'a'.repeat(1019)}&lt;end&gt;`);
    for (const small of ['limit=5', 'limit=-3000', 'limit=3e3', 'limit=']) {
      assert.equal((await tail(`processname=x&${small}`))?.length, 1019 + '&lt;end&gt;'.length, small);
    }
    assert.equal(await tail('processname=x&limit=3000'), `${'a'.repeat(2000)}&lt;end&gt;`);
  });

  it('shows four megabytes at most', async (t) => {
    const { reader, tail } = await serveLogs(t);
    reader.put('/o', 'a'.repeat(5 * 1024 * 1024));
    assert.equal((await tail('processname=x&limit=99999999999999999999'))?.length, 4 * 1024 * 1024);
  });

  it('shows what is no text, and leaves out what its edge cuts', async (t) => {
    const { reader, tail } = await serveLogs(t);
    reader.put('/o', Buffer.concat([Buffer.from('é'.repeat(600)), Buffer.from([0xff, 0x0a])]));
    assert.equal(await tail('processname=x'), `${'é'.repeat(511)}\ufffd\n`);
  });

  it('shows stderr on demand, and the way to the other', async (t) => {
    const { reader, x, get, tail } = await serveLogs(t);
    x.stderrLogfile = '/e';
    reader.put('/o', 'out');
    reader.put('/e', 'err');
    assert.equal(await tail('processname=x&channel=stderr'), 'err');
    const { body } = await get('/tail.html?processname=x&channel=stderr&limit=2048');
    assert.ok(body.includes('href="tail.html?processname=x&amp;limit=2048"'));
    assert.ok(body.includes('href="tail.html?processname=x&amp;limit=8192&amp;channel=stderr"'));
    assert.ok(body.includes('href="logtail/x/stderr"'));
  });

  it('says what is wrong where the log would be', async (t) => {
    const { x, facade, tail } = await serveLogs(t);
    assert.equal(await tail(''), 'No process name found');
    assert.equal(await tail('processname='), 'No process name found');
    assert.equal(await tail('processname=<x>'), 'ERROR: unexpected rpc fault [10] BAD_NAME: &lt;x&gt;');
    assert.equal(await tail('processname=x'), 'No file for x');
    x.stdoutLogfile = '';
    assert.equal(await tail('processname=x'), 'No file for x');
    facade.shutdown();
    assert.equal(await tail('processname=x'), 'ERROR: unexpected rpc fault [6] SHUTDOWN_STATE');
  });
});
