/** The web page in a real browser, over a real daemon. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { freePort } from '../fixtures/free-port.ts';
import { needs, peer } from '../peers.ts';
import { Browser, type Tab } from './browser.ts';
import { type RunningDaemon, startDaemon } from './running-daemon.ts';

const PROGRAMS = `
[program:x]
command=/bin/cat
stdout_logfile=%(here)s/x.out
[program:later]
command=/bin/cat
autostart=false
startsecs=0
[program:bad]
command=/no/such/program
autostart=false
[program:worker]
command=/bin/cat
process_name=%(program_name)s_%(process_num)d
numprocs=2
autostart=false
startsecs=0
[eventlistener:deaf]
command=/bin/cat
events=REMOTE_COMMUNICATION
buffer_size=2
drain_timeout=0
`;

async function startBoth(t: TestContext): Promise<{ daemon: RunningDaemon; browser: Browser; url: string }> {
  const port = await freePort();
  const daemon = await startDaemon(t, `[inet_http_server]\nport=127.0.0.1:${port}\n${PROGRAMS}`);
  const browser = Browser.open(t, peer('chromium') ?? '');
  return { daemon, browser, url: `http://127.0.0.1:${port}/` };
}

const state = (name: string) => `document.querySelector('[data-process="${name}"] span').textContent`;
const message = `document.querySelector('#message').textContent`;
const press = (action: string, target: string) =>
  `document.querySelector('button[value="${action}"][formaction$="${target}"]').click()`;

/** As soon as the page hears from the daemon. */
async function live(tab: Tab): Promise<void> {
  await tab.until(`document.querySelector('#live').textContent === 'Live'`);
}

test('buttons and news without leaving the page', needs('chromium'), async (t) => {
  const { daemon, browser, url } = await startBoth(t);
  const tab = await browser.tab(`${url}?filter=`);
  await live(tab);
  await tab.run(`window.stayed = true`);
  await tab.run(press('start', 'later'));
  await tab.until(`${message} === 'Process later started'`);
  await tab.until(`${state('later')} === 'running'`);
  assert.equal(
    await tab.run(`document.querySelector('button[value=start][formaction$=later]').disabled`),
    true,
  );
  await tab.until(
    `/^pid \\d+, uptime (?!0:00:00)\\d+:\\d\\d:\\d\\d/.test(document.querySelector('[data-process=later]').children[1].textContent)`,
  );
  // Somebody else does something.
  await daemon.client().supervisor.stopProcess('later');
  await tab.until(`${state('later')} === 'stopped'`);
  await tab.run(press('start', 'bad'));
  await tab.until(`${message} === 'ERROR: Process bad: no such file'`);
  assert.equal(await tab.run(`document.querySelector('#message').className`), 'status_msg complaint');
  await tab.run(press('startgroup', 'worker'));
  await tab.until(`${message} === 'Group worker started'`);
  await tab.until(`document.querySelector('[data-tally]').textContent === '2 processes: 2 running'`);
  assert.equal(
    await tab.run(`document.querySelector('#tally').textContent`),
    '6 processes: 4 running, 2 stopped',
  );
  // What happens to events shows, too.
  const counted = (counter: string) =>
    `Number(document.querySelector('[data-pool=deaf] [data-counter=${counter}]').textContent)`;
  for (const text of ['a', 'b', 'c']) await daemon.client().supervisor.sendRemoteCommEvent('t', text);
  await tab.until(
    `${counted('accepted')} === 3 && ${counted('queued')} === 2 && ${counted('dropped')} === 1`,
  );
  // A group goes away, another comes.
  await daemon.client().supervisor.removeProcessGroup('later');
  await tab.until(`document.querySelector('[data-process=later]') === null`);
  await daemon.client().supervisor.addProcessGroup('later');
  await tab.until(`document.querySelector('[data-process=later]') !== null`);
  // The daemon itself goes and comes again.
  await tab.run(`(() => {
    const [live, notice] = ['#live', '#daemon'].map((id) => document.querySelector(id));
    window.said = new Set();
    const note = () => [live, notice].forEach(({ textContent }) => window.said.add(textContent));
    new MutationObserver(note).observe(live.parentElement.parentElement, { childList: true, subtree: true });
  })()`);
  await daemon.client().supervisor.restart();
  const said = ['The daemon is restarting.', 'Connection lost, trying again', 'Live', ''];
  await tab.until(`${JSON.stringify(said)}.every((text) => window.said.has(text))`);
  await tab.until(`document.querySelector('#daemon').textContent === '' && ${counted('accepted')} === 0`);
  await tab.until(`${state('x')} === 'running'`);
  assert.equal(await tab.run(`window.stayed`), true);
  assert.deepEqual(browser.complaints, []);
});

test('the filter works as one types, and a reload keeps it', needs('chromium'), async (t) => {
  const { browser, url } = await startBoth(t);
  const tab = await browser.tab(url);
  const shown = `[...document.querySelectorAll('[data-process]')].filter((row) => row.checkVisibility()).map((row) => row.dataset.process).join()`;
  await tab.run(`(() => {
    const input = document.querySelector('#filter-text');
    input.value = 'WORK';
    input.dispatchEvent(new Event('input'));
  })()`);
  assert.equal(await tab.run(shown), 'worker:worker_0,worker:worker_1');
  assert.equal(await tab.run(`location.search`), '?filter=WORK');
  await tab.go(`${url}?filter=WORK`);
  assert.equal(await tab.run(shown), 'worker:worker_0,worker:worker_1');
});

test('all of it works without the script', needs('chromium'), async (t) => {
  const { daemon, browser, url } = await startBoth(t);
  const tab = await browser.tab('about:blank');
  await browser.send('Emulation.setScriptExecutionDisabled', { value: true }, tab.session);
  await tab.go(`${url}?filter=later`);
  assert.equal(await tab.run(`document.querySelector('#live').hidden`), true);
  await tab.goBy(press('start', 'later'));
  assert.equal(await tab.run(message), 'Process later started');
  assert.equal(await tab.run(`location.search`), '?message=Process%20later%20started&filter=later');
  const { statename } = await daemon.client().supervisor.getProcessInfo('later');
  assert.equal(statename, 'RUNNING');
  assert.deepEqual(browser.complaints, []);
});

test('the page of another site presses no button', needs('chromium'), async (t) => {
  const { daemon, browser, url } = await startBoth(t);
  // Another port of the same host is the same site, and another origin. "localhost" is another site.
  const evil = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end('<form method="post"><button name="action" value="stopall">A prize</button></form>');
  }).listen(0, '127.0.0.1');
  await once(evil, 'listening');
  t.after(() => evil.close());
  const { port } = evil.address() as AddressInfo;
  const link = `<a href="${url}?action=stopall" rel="noreferrer">x</a>`;
  const ways = [
    `document.forms[0].action = '${url}index.html', document.querySelector('button').click()`,
    `document.body.innerHTML = '${link}', document.querySelector('a').click()`,
    `fetch('${url}?action=stopall', { mode: 'no-cors', referrerPolicy: 'no-referrer' })
      .then(() => { location = '${url}?action=stopall'; })`,
  ];
  for (const host of ['localhost', '127.0.0.1']) {
    for (const way of ways) {
      const tab = await browser.tab(`http://${host}:${port}/`);
      await tab.goBy(way);
      assert.match(String(await tab.run('document.body.textContent')), /^Refused: /);
    }
  }
  const { statename } = await daemon.client().supervisor.getProcessInfo('x');
  assert.equal(statename, 'RUNNING');
});

test('a log is followed on its page', needs('chromium'), async (t) => {
  const { daemon, browser, url } = await startBoth(t);
  const { supervisor } = daemon.client();
  await supervisor.sendProcessStdin('x', 'first <b>\n');
  const tab = await browser.tab(`${url}tail.html?processname=x`);
  await tab.run(`document.querySelector('#follow').click()`);
  const log = `document.querySelector('#tail').textContent`;
  await tab.until(`${log} === 'first <b>\\n'`);
  await supervisor.sendProcessStdin('x', 'second żółw\n');
  await tab.until(`${log} === 'first <b>\\nsecond żółw\\n'`);
  await tab.run(`document.querySelector('#follow').click()`);
  await tab.until(`document.querySelector('#follow').ariaPressed === 'false'`);
  assert.deepEqual(browser.complaints, []);
});
