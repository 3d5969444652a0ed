/** The buttons of the web page: both daemons are asked the same, in the same order, and say the same. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { needs, peer } from '../peers.ts';
import { RealWorldDaemon } from './real-world-daemon.ts';

const ROOT = join(import.meta.dirname, '../..');

const CONFIGURATION = `[supervisord]
logfile=%(here)s/main.log
pidfile=%(here)s/pid
childlogdir=%(here)s
[unix_http_server]
file=%(here)s/run/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:x]
command=/bin/cat
startsecs=0
[program:bad]
command=/no/such
autostart=false
[program:closed]
command=%(here)s/supervisord.conf
autostart=false
[program:short]
command=/bin/false
autostart=false
startretries=0
[program:nolog]
command=/bin/cat
stdout_logfile=NONE
autostart=false
startsecs=0
[group:g]
programs=nolog
`;

/** Method, path, and for POST the form. */
const REQUESTS: readonly (readonly [string, string, string?])[] = [
  ['GET', '/index.html?action=refresh'],
  ['GET', '/index.html?processname=x&action=stop'],
  ['GET', '/index.html?processname=x&action=stop'],
  ['GET', '/?processname=x&action=start'],
  ['POST', '/index.html', 'processname=x&action=start'],
  ['POST', '/index.html', 'processname=x&action=restart'],
  ['POST', '/index.html?processname=nope&action=stop', 'processname=x&action=clearlog'],
  ['GET', '/index.html?processname=x&processname=nope&action=clearlog&action=stop'],
  ['GET', '//index.html?processname=x&action=clearlog'],
  ['GET', '/index.html?processname=bad&action=start'],
  ['GET', '/index.html?processname=closed&action=start'],
  ['GET', '/index.html?processname=short&action=start'],
  ['GET', '/index.html?processname=bad&action=stop'],
  ['GET', '/index.html?processname=g%3Anolog&action=start'],
  ['GET', '/index.html?processname=g:*&action=stop'],
  ['GET', '/index.html?processname=g:&action=stop'],
  ['GET', '/index.html?processname=nolog&action=stop'],
  ['GET', '/index.html?processname=%C5%BC%C3%B3%C5%82w+%22%3C&action=stop'],
  ['GET', '/index.html?processname=nope&action=bogus'],
  ['GET', '/index.html?action=restartall&processname=nope'],
  ['GET', '/tail.html'],
  ['GET', '/tail.html?processname='],
  ['GET', '/tail.html?processname=nope'],
  ['GET', '/tail.html?processname=g:*'],
  ['GET', '/tail.html?processname=g:nolog'],
  ['GET', '/tail.html?processname=x&limit=many'],
  ['GET', '/index.html?action=stopall'],
];

/** What there is to compare: the status, headers that matter, and the message, or what a tail shows. */
function ask(socketPath: string, [method, path, form = '']: (typeof REQUESTS)[number]): Promise<unknown> {
  return new Promise((settle, reject) => {
    const length = method === 'POST' ? { 'Content-Length': String(form.length) } : {};
    const asked = request({ socketPath, method, path, headers: { Host: 'h', ...length }, agent: false });
    asked.on('error', reject).on('response', async (answer) => {
      const body = await text(answer);
      const { location, 'cache-control': caching, pragma, expires } = answer.headers;
      const message = location && new URL(location, 'http://h/index.html').searchParams.get('message');
      settle({
        asked: `${method} ${path} ${form}`,
        status: answer.statusCode,
        type: answer.headers['content-type'],
        caching: [caching, pragma, expires],
        // What did not come up is only told by Herald.
        message: message
          ?.replace(/ at \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}/, ' at TIME')
          .replace(/, but not .*/, ''),
        tail: /<pre[^>]*>([\s\S]*)<\/pre>/.exec(body)?.[1],
      });
    });
    asked.end(form);
  });
}

async function converse(command: readonly string[]): Promise<readonly unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'herald-page-'));
  try {
    mkdirSync(join(folder, 'run'));
    writeFileSync(join(folder, 'supervisord.conf'), CONFIGURATION);
    await using _daemon = await RealWorldDaemon.start(command, folder, {});
    const answers: unknown[] = [];
    for (const each of REQUESTS) answers.push(await ask(join(folder, 'run/supervisor.sock'), each));
    return answers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the page does and says what that of supervisord does', needs('supervisord'), async () => {
  const [theirs, ours] = await Promise.all([
    converse([peer('supervisord') ?? '']),
    converse([process.execPath, resolve(ROOT, process.env.HERALDD ?? 'dist/heraldd.js')]),
  ]);
  assert.deepEqual(ours, theirs);
});
