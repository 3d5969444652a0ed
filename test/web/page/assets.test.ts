import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { FakeProcess, makeGroup } from '../../rpc/fake-facade.ts';
import { servePage } from './page-server.ts';

const ROOT = join(import.meta.dirname, '../../..');

const FILES = [
  ['/page/herald.css', 'text/css;charset=utf-8'],
  ['/page/herald.js', 'text/javascript;charset=utf-8'],
  ['/page/icon.svg', 'image/svg+xml'],
] as const;

describe('the files of the page', () => {
  it('are what src/web/browser makes', () => {
    const { status, stdout } = spawnSync(process.execPath, ['scripts/embed-page-assets.mjs', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout);
  });

  it('are served as what they are, and to be looked at only', async (t) => {
    const { get, send, post } = await servePage(t, []);
    for (const [path, type] of FILES) {
      const { status, headers, body } = await get(path);
      assert.deepEqual([status, headers['content-type']], [200, type]);
      assert.ok(body.length > 100);
      assert.deepEqual([(await send('HEAD', path)).status, (await post(path, '')).status], [200, 400]);
    }
    for (const path of ['/page/', '/page/../page.ts', '/page/herald.ts', '/page/__proto__']) {
      assert.equal((await get(path)).status, 404, path);
    }
  });

  it('are the only ones that the page may use, and only its own host may frame it', async (t) => {
    const { get } = await servePage(t, [makeGroup('x', [new FakeProcess('x')])]);
    const paths: readonly string[] = [
      '/',
      '/tail.html',
      '/index.html?action=refresh',
      '/?action=bogus',
      ...FILES.map(([path]) => path),
    ];
    for (const path of paths) {
      const { headers } = await get(path);
      const policy = String(headers['content-security-policy']);
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/, path);
      assert.match(policy, /base-uri 'none'; frame-ancestors 'self'$/);
      assert.doesNotMatch(policy, /unsafe|\*|https?:/);
      assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'same-origin');
      assert.equal(headers['cache-control'], 'no-cache');
    }
  });

  it('need the password, as all does', async (t) => {
    const { get } = await servePage(t, [], { username: 'u', password: 'p' });
    const basic = { Authorization: `Basic ${Buffer.from('u:p').toString('base64')}` };
    for (const path of ['/', '/tail.html', '/index.html?action=stopall', ...FILES.map(([path]) => path)]) {
      assert.equal((await get(path)).status, 401, path);
      assert.ok((await get(path, basic)).status < 400, path);
    }
    assert.equal((await get('/page/updates')).status, 401);
  });
});
