import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GroupView, PoolCounters } from '../../../src/supervisor/facade.ts';
import { FakeProcess, makeGroup } from '../../rpc/fake-facade.ts';
import { servePage } from './page-server.ts';

const COUNTERS: PoolCounters = {
  accepted: 21,
  acknowledged: 6,
  deadLettered: 5,
  dropped: 4,
  queued: 3,
  inFlight: 3,
  rejected: 0,
  redelivered: 0,
  protocolErrors: 0,
};

function poolGroup(name: string): GroupView {
  const pool = {
    name,
    events: ['TICK_5', 'PROCESS_STATE'],
    bufferSize: 10,
    counters: () => COUNTERS,
    listeners: () => [{ process: name, state: 'BUSY', inFlight: 3 } as const],
  };
  return { ...makeGroup(name, [new FakeProcess(name)]), pool };
}

function running(name: string, group = name): FakeProcess {
  const process = new FakeProcess(name, group);
  Object.assign(process, { state: 'RUNNING', pid: 77, startedAt: Date.now() - 61_000 });
  return process;
}

/** The row of a process. */
function rowOf(page: string, name: string): string {
  return new RegExp(`<tr data-process="${name}".*`).exec(page)?.[0] ?? '';
}

describe('the status page', () => {
  it('has a row for each process, with what can be done about it in its state', async (t) => {
    const broken = new FakeProcess('broken');
    Object.assign(broken, { state: 'BACKOFF', spawnError: "can't find command '/no/such'" });
    const logged = running('logged');
    Object.assign(logged, { stdoutLogfile: '/o', stderrLogfile: '/e' });
    const { get } = await servePage(t, [
      makeGroup('x', [new FakeProcess('x')]),
      makeGroup('broken', [broken]),
      makeGroup('logged', [logged]),
    ]);
    const { body, headers } = await get('/');
    assert.equal(headers['content-type'], 'text/html;charset=utf-8');
    assert.ok(body.includes('<p id="tally">3 processes: 1 running, 1 backoff, 1 stopped</p>'));
    assert.deepEqual(
      [...body.matchAll(/data-process="(\w+)"/g)].map(([, name]) => name),
      ['broken', 'logged', 'x'],
    );
    const offered = (name: string) =>
      [...rowOf(body, name).matchAll(/value="(\w+)"[^>]*?( disabled)?>/g)]
        .filter(([, , disabled]) => disabled === undefined)
        .map(([, action]) => action);
    assert.deepEqual(offered('x'), ['start', 'clearlog']);
    assert.deepEqual(offered('logged'), ['restart', 'stop', 'clearlog']);
    assert.deepEqual(offered('broken'), ['stop', 'clearlog']);
    assert.ok(
      rowOf(body, 'x').includes('<span class="statusnominal">stopped</span></td><td>Not started</td>'),
    );
    assert.match(rowOf(body, 'logged'), /class="statusrunning">running<.*<td>pid 77, uptime 0:01:\d\d<\/td>/);
    assert.match(rowOf(body, 'broken'), /class="statuserror">backoff<.*can&#39;t find command/);
    assert.match(rowOf(body, 'logged'), /href="logtail\/logged" .*href="logtail\/logged\/stderr" /);
    assert.doesNotMatch(rowOf(body, 'x'), /logtail/);
  });

  it('shows groups as groups, and a program of its own as one row', async (t) => {
    const { get } = await servePage(t, [
      makeGroup('g', [running('b', 'g'), new FakeProcess('a', 'g')]),
      makeGroup('solo', [new FakeProcess('solo')]),
      makeGroup('empty', []),
    ]);
    const { body } = await get('/index.html');
    assert.match(body, /scope="rowgroup">g <span data-tally>2 processes: 1 running, 1 stopped</);
    assert.match(body, /scope="rowgroup">empty <span data-tally>0 processes</);
    assert.doesNotMatch(body, /scope="rowgroup">solo/);
    for (const action of ['startgroup', 'restartgroup', 'stopgroup']) {
      assert.ok(body.includes(`value="${action}" formaction="index.html?groupname=g"`), action);
    }
    assert.ok(body.indexOf('data-process="g:a"') < body.indexOf('data-process="g:b"'));
  });

  it('escapes names and messages, wherever they stand', async (t) => {
    const nasty = `<a b='"&>`;
    const { get, facade } = await servePage(t, [
      makeGroup(nasty, [new FakeProcess(nasty), new FakeProcess('żółw:%', nasty)]),
    ]);
    facade.identifier = '<i>me</i>';
    const message = '<script>alert(1)</script>"\'&';
    const query = `message=${encodeURIComponent(message)}&filter=${encodeURIComponent(nasty)}`;
    const { body } = await get(`/?${query}`);
    assert.ok(!body.includes('<a b') && !body.includes('<i>me') && !body.includes('alert(1)</script>'));
    assert.ok(body.includes('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;</p>'));
    assert.ok(body.includes('<b>&lt;i&gt;me&lt;/i&gt;</b>'));
    assert.ok(
      body.includes('href="tail.html?processname=%3Ca%20b%3D&#39;%22%26%3E%3A%C5%BC%C3%B3%C5%82w%3A%25"'),
    );
    assert.ok(body.includes('value="&lt;a b=&#39;&quot;&amp;&gt;"'));
  });

  it('hides what the filter leaves out, in letters of any case', async (t) => {
    const { get } = await servePage(t, [
      makeGroup('Web', [new FakeProcess('Web')]),
      makeGroup('g', [new FakeProcess('webber', 'g'), new FakeProcess('cron', 'g')]),
      makeGroup('mail', [new FakeProcess('mail')]),
    ]);
    const { body } = await get('/?filter=+wEb');
    const hidden = [...body.matchAll(/<t\w+ data-(?:process|group)="([^"]+)"[^>]* hidden>/g)];
    assert.deepEqual(
      hidden.map(([, name]) => name),
      ['g:cron', 'mail', 'mail'],
    );
  });

  it('shows the books of pools and what their listeners are doing', async (t) => {
    const { get } = await servePage(t, [poolGroup('alerts'), makeGroup('x', [new FakeProcess('x')])]);
    const { body } = await get('/');
    const row = /<tr data-pool="alerts".*/.exec(body)?.[0] ?? '';
    assert.deepEqual(
      [...row.matchAll(/data-counter="(\w+)"[^>]*>(\d+)</g)].map(([, name, value]) => `${name} ${value}`),
      ['accepted 21', 'acknowledged 6', 'deadLettered 5', 'dropped 4', 'queued 3', 'inFlight 3'],
    );
    assert.ok(row.includes('TICK_5, PROCESS_STATE'));
    assert.ok(row.includes('<li>alerts: busy, 3 in flight</li>'));
    assert.equal(body.match(/<tr data-pool=/g)?.length, 1);
  });

  it('says whose it is, and when there is nothing to show', async (t) => {
    const { get, facade } = await servePage(t, []);
    const { body } = await get('/');
    assert.ok(body.includes('No programs to manage'));
    assert.ok(body.includes('Herald 1.2.3 · identification <b>supervisor</b> · pid 4242'));
    assert.ok(body.includes('href="mainlogtail"'));
    facade.mainLogfile = undefined;
    assert.ok(!(await get('/')).body.includes('href="mainlogtail"'));
  });

  it('is there while the daemon goes down, and says so', async (t) => {
    const { get, act, facade } = await servePage(t, [makeGroup('x', [new FakeProcess('x')])]);
    facade.shutdown();
    const { status, body } = await get('/');
    assert.equal(status, 200);
    assert.ok(body.includes('The daemon is shutting down.'));
    assert.equal(await act('action=stopall'), 'unexpected rpc fault [6] SHUTDOWN_STATE');
    await facade.restart();
    assert.ok((await get('/')).body.includes('The daemon is restarting.'));
  });

  it('can be used by keyboard and by ear: all is labelled, and nothing is only a colour', async (t) => {
    const { get } = await servePage(t, [makeGroup('g', [new FakeProcess('a', 'g')]), poolGroup('p')]);
    const { body } = await get('/');
    assert.match(body, /^<!DOCTYPE html>\n<html lang="en">/);
    for (const [, attributes = ''] of body.matchAll(/<th( [^>]*)?>/g)) assert.match(attributes, /scope="/);
    for (const [, table = ''] of body.matchAll(/<table[^>]*>\n?(.*)/g)) assert.match(table, /^<caption>./);
    for (const [input, id] of body.matchAll(/<input id="([^"]+)"[^>]*>/g)) {
      assert.ok(body.includes(`<label for="${id}">`), input);
    }
    for (const [button] of body.matchAll(/<button name="action" value="\w+" formaction.*?<\/button>/g)) {
      assert.match(button, /aria-label="[A-Z][a-z]+ (log |group )?[gp]/);
    }
    assert.equal(body.match(/role="status"/g)?.length, 2);
    assert.doesNotMatch(body, /\sstyle=|\son\w+=|<script>|<style>|javascript:/);
    for (const [, link = ''] of body.matchAll(/(?:href|src|action)="([^"]*)"/g))
      assert.doesNotMatch(link, /^(\w+:|\/)/);
  });

  it('is made quickly for 2,000 programs', async (t) => {
    const groups = Array.from({ length: 2000 }, (_, index) => {
      const name = `program-${index}`;
      return makeGroup(name, [running(name)]);
    });
    const { get } = await servePage(t, groups);
    await get('/');
    const before = process.cpuUsage();
    const { body } = await get('/');
    const { user, system } = process.cpuUsage(before);
    assert.equal(body.match(/data-process=/g)?.length, 2000);
    // Some 60 ms of both ends on the machine that this was written on.
    assert.ok(user + system < 2_000_000, `${(user + system) / 1000} ms`);
  });
});
