import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuseForeign, refuseUnmarked } from '../../src/web/provenance.ts';
import { writeCall } from '../../src/wire/xmlrpc-writer.ts';
import { FakeProcess, makeGroup } from '../rpc/fake-facade.ts';
import { type Headers, messageOf, servePage } from './page/page-server.ts';

const host = 'ops.example:9001';

/** What a browser says that another site has caused. */
const FOREIGN: readonly Headers[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'cross-site', origin: `http://${host}` },
  { origin: 'http://evil.example' },
  { origin: 'http://ops.example' },
  { origin: 'http://ops.example:9002' },
  { origin: `http://${host}.evil.example` },
  { origin: 'null' },
  { origin: 'nonsense' },
  { origin: '' },
  { referer: 'http://evil.example/?http://ops.example:9001/' },
  { referer: 'http://ops.example:9001@evil.example/' },
  { referer: '' },
  { origin: 'http://evil.example', referer: `http://${host}/` },
];

/** What the page itself sends, and what is no browser. */
const OWN: readonly Headers[] = [
  {},
  { 'user-agent': 'curl/8.0' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
  // A proxy has changed the host, and the browser knows better.
  { 'sec-fetch-site': 'same-origin', origin: 'https://proxy.example' },
  { origin: `http://${host}` },
  { origin: 'https://OPS.example:9001' },
  { referer: `http://${host}/index.html?message=x` },
  { origin: 'https://proxy.example', 'x-forwarded-host': 'proxy.example' },
  { origin: 'https://proxy.example', 'x-forwarded-host': 'inner.example, proxy.example:443' },
];

describe('where a request comes from', () => {
  it('is told by browsers in several ways, and the best of them counts', () => {
    for (const headers of FOREIGN) assert.ok(refuseForeign({ host, ...headers }), JSON.stringify(headers));
    for (const headers of OWN) assert.equal(refuseForeign({ host, ...headers }), undefined);
    assert.ok(refuseForeign({ origin: 'http://ops.example' }), 'a request without a host is nobody’s own');
    assert.equal(refuseForeign({ host: 'ops.example', origin: 'http://ops.example:80' }), undefined);
    assert.equal(refuseForeign({ host: 'ops.example:80', origin: 'http://ops.example' }), undefined);
  });

  it('is unknown when a browser says nothing', () => {
    const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
    assert.ok(refuseUnmarked({ host, ...browser }));
    assert.equal(refuseUnmarked({ host }), undefined);
    assert.equal(refuseUnmarked({ host, 'user-agent': 'Python-urllib/3.11' }), undefined);
    for (const headers of OWN.slice(2))
      assert.equal(refuseUnmarked({ host, ...browser, ...headers }), undefined);
  });
});

describe('requests that another site has caused', () => {
  it('change nothing, by GET or by form, and hear why', async (t) => {
    const x = new FakeProcess('x');
    const { get, post } = await servePage(t, [makeGroup('x', [x])]);
    for (const headers of FOREIGN) {
      for (const answer of [
        await get('/index.html?processname=x&action=start', headers),
        await post('/index.html', 'processname=x&action=start', headers),
        await post('/', 'action=restartall', { ...headers, Accept: 'text/plain' }),
      ]) {
        assert.equal(answer.status, 403, JSON.stringify(headers));
        assert.match(answer.body, /^Refused: your browser says [ -~]+\nOpen the page of this daemon/);
      }
    }
    assert.deepEqual(x.seen, []);
  });

  it('may look at the page, as at any other', async (t) => {
    const { get } = await servePage(t, [makeGroup('x', [new FakeProcess('x')])]);
    for (const headers of FOREIGN) assert.equal((await get('/', headers)).status, 200);
  });

  it('make no XML-RPC call', async (t) => {
    const x = new FakeProcess('x');
    const { post } = await servePage(t, [makeGroup('x', [x])]);
    const call = writeCall('supervisor.startProcess', ['x', false]);
    for (const headers of FOREIGN) {
      assert.equal((await post('/RPC2', call, { ...headers, 'Content-Type': 'text/plain' })).status, 403);
    }
    assert.deepEqual(x.seen, []);
    for (const headers of OWN) assert.equal((await post('/RPC2', call, headers)).status, 200);
  });

  it('open no stream', async (t) => {
    const { get, facade } = await servePage(t, []);
    for (const headers of FOREIGN) assert.equal((await get('/page/updates', headers)).status, 403);
    assert.equal(facade.watchers.size, 0);
  });
});

describe('requests of the page itself and of scripts', () => {
  it('do what they ask for', async (t) => {
    const { get, post } = await servePage(t, [makeGroup('x', [new FakeProcess('x')])]);
    for (const headers of OWN) {
      assert.equal(messageOf(await get('/?processname=x&action=clearlog', headers)), 'Log for x cleared');
      assert.equal(messageOf(await post('/', 'processname=x&action=clearlog', headers)), 'Log for x cleared');
    }
  });

  it('a browser that does not say where a link was is refused', async (t) => {
    const { get, post, open } = await servePage(t, [makeGroup('x', [new FakeProcess('x')])]);
    const browser = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64)' };
    const { status, body } = await get('/?processname=x&action=clearlog', browser);
    assert.equal(status, 403);
    assert.match(body, /does not say where it comes from/);
    assert.equal((await get('/', browser)).status, 200);
    const stream = await open('GET', '/page/updates', browser);
    assert.equal(stream.statusCode, 200);
    stream.destroy();
    // All browsers send an Origin with a form, so this one is none.
    assert.equal(messageOf(await post('/', 'processname=x&action=clearlog', browser)), 'Log for x cleared');
  });
});
