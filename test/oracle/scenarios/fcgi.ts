/** Programs that share a listening socket: [fcgi-program:x]. */
import { lstat, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { freePort } from '../../fixtures/free-port.ts';
import type { Driver } from '../driver.ts';
import type { Scenario } from '../scenario.ts';
import { section } from '../sections.ts';
import type { Transcript } from '../transcript.ts';
import type { Value } from '../xml-rpc-client.ts';

type Options = Readonly<Record<string, string | number>>;

function fcgi(name: string, socket: string, options: Options = {}): string {
  return section(`fcgi-program:${name}`, {
    command: `%{python} %{dir}/greeter.py`,
    socket,
    startsecs: 0,
    autostart: 'false',
    stdout_logfile: `%{dir}/${name}.out`,
    stderr_logfile: `%{dir}/${name}.err`,
    ...options,
  });
}

const FILES = {
  'greeter.py':
    'import os, socket\ns = socket.socket(fileno=0)\nwhile True:\n    c, _ = s.accept()\n' +
    "    c.sendall(os.environ['SUPERVISOR_PROCESS_NAME'].encode())\n    c.close()\n",
};

/** What a socket answers, or why it does not. */
function greeting(target: string | { readonly host: string; readonly port: number }): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = typeof target === 'string' ? connect(target) : connect(target);
    socket
      .on('data', (data) => (text += data.toString()))
      .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
      .on('end', () => resolve(text));
  });
}

async function noteGreeting(d: Driver, label: string, name = 'x.sock'): Promise<void> {
  d.note(label, await greeting(d.path(name)));
}

/** Mode and owner of what a path names. */
async function noteSocket(d: Driver, name = 'x.sock'): Promise<void> {
  const stat = await lstat(d.path(name)).catch(() => undefined);
  const mode = stat && (stat.mode & 0o7777).toString(8);
  d.note(name, stat === undefined ? null : `${stat.isSocket()} ${mode} ${stat.uid}:${stat.gid}`);
}

function sockets(
  name: string,
  config: string,
  script: (d: Driver) => Promise<void>,
  more: Partial<Scenario> = {},
): Scenario {
  return { name: `fcgi: ${name}`, config, files: FILES, script, ...more };
}

/** What the main log tells of sockets. */
async function socketLines(d: Driver): Promise<readonly string[]> {
  return (await d.read('main.log')).match(/(?:Creating|Closing) socket .*/g) ?? [];
}

/** Supervisor tries the sockets before anything else, Herald once it is sure to be alone. */
function triesLater(oracle: Transcript): Transcript {
  const log = oracle.notes['main.log'] as { readonly daemon: readonly string[] };
  const first = log.daemon.findIndex((line) => line.includes('Creating socket'));
  const started = log.daemon.findIndex((line) => line.includes('started with pid'));
  const daemon = [
    ...log.daemon.slice(0, first),
    ...log.daemon.slice(first + 2, started + 1),
    ...log.daemon.slice(first, first + 2),
    ...log.daemon.slice(started + 1),
  ];
  return { ...oracle, notes: { ...oracle.notes, 'main.log': { ...log, daemon } } };
}

export const fcgiScenarios: readonly Scenario[] = [
  {
    ...sockets('the life of a unix socket', fcgi('x', 'unix://%{dir}/x.sock'), async (d) => {
      await noteSocket(d);
      await noteGreeting(d, 'before');
      await d.call('startProcess', 'x');
      await noteSocket(d);
      await noteGreeting(d, 'running');
      // A stop that is waited for may be told in the log as well.
      await d.call('stopProcess', 'x', false);
      await d.state('x', 'STOPPED');
      await noteSocket(d);
      await noteGreeting(d, 'stopped');
      await d.call('startProcess', 'x');
      await noteGreeting(d, 'again');
      await d.call('getAllProcessInfo');
      await d.callConfigInfo();
      await d.shutdown();
      await noteSocket(d);
      await d.noteLog();
    }),
    deviation: { name: 'fcgi-sockets-are-tried-later', herald: triesLater },
  },
  sockets(
    'two processes share it, the last one closes it',
    fcgi('x', 'unix://%{dir}/x.sock', {
      numprocs: 2,
      process_name: 'x%(process_num)d',
      stdout_logfile: 'NONE',
    }),
    async (d) => {
      await d.call('startProcessGroup', 'x');
      await d.call('stopProcess', 'x:x0');
      await noteGreeting(d, 'one left');
      await d.call('stopProcess', 'x:x1');
      await noteGreeting(d, 'none left');
      await d.shutdown();
      d.note('sockets', await socketLines(d));
    },
  ),
  sockets(
    'mode, owner and backlog',
    fcgi('x', 'unix://%{dir}/x.sock', {
      socket_mode: '0640',
      socket_owner: 'nobody:nogroup',
      socket_backlog: 5,
    }),
    async (d) => {
      await d.call('startProcess', 'x');
      await noteSocket(d);
    },
  ),
  sockets(
    'the owner is that of the program',
    fcgi('x', 'unix://%{dir}/x.sock', { user: 'nobody', command: '/bin/sleep 600' }),
    async (d) => {
      await d.ask('startProcess', 'x');
      await d.running('x');
      await noteSocket(d);
    },
  ),
  {
    ...sockets(
      'a crash and the restart after it',
      fcgi('x', 'unix://%{dir}/x.sock', { autostart: 'true' }),
      async (d) => {
        await d.running('x');
        const { pid } = await d.info('x');
        await d.kill('x', 'SIGKILL');
        await d.until('another run', async () => ![0, pid].includes((await d.info('x')).pid));
        await d.running('x');
        await noteGreeting(d, 'again');
        await d.shutdown();
        d.note('sockets', await socketLines(d));
      },
    ),
    deviation: {
      name: 'fcgi-socket-outlives-a-crash',
      herald: (oracle) => {
        const lines = oracle.notes.sockets as readonly string[];
        return { ...oracle, notes: { ...oracle.notes, sockets: lines.slice(2) } };
      },
    },
  },
  {
    ...sockets('a TCP port', fcgi('x', 'tcp://localhost:PORT'), async (d) => {
      // The two daemons run at the same time, so each has a port of its own.
      const port = await freePort();
      await d.write('daemon.conf', (await d.read('daemon.conf')).replace('PORT', String(port)));
      d.daemon.launch();
      await d.started();
      d.note('before', await greeting({ host: 'localhost', port }));
      await d.call('startProcess', 'x');
      d.note('running', await greeting({ host: 'localhost', port }));
      await d.call('stopProcess', 'x');
      d.note('stopped', await greeting({ host: 'localhost', port }));
      d.note(
        'sockets',
        (await socketLines(d)).map((line) => line.replace(String(port), 'PORT')),
      );
    }),
    launch: false,
  },
  sockets(
    'stdin is the socket, and nothing can be sent there',
    fcgi('x', 'unix://%{dir}/x.sock', {
      command: '/bin/sh -c "test -S /dev/fd/0 && echo socket; exec sleep 600"',
    }),
    async (d) => {
      await d.call('startProcess', 'x');
      await d.waitFile('x.out', '\n');
      await d.noteFile('x.out');
      await d.call('sendProcessStdin', 'x', 'text');
    },
  ),
  {
    ...sockets('a group that is added has its socket tried', fcgi('x', 'unix://%{dir}/x.sock'), async (d) => {
      const text = await d.read('daemon.conf');
      const section = text.slice(text.indexOf('[fcgi-program:x]'));
      await d.write('daemon.conf', text + section.replaceAll('x.sock', 'none/y.sock').replace(':x]', ':y]'));
      await d.call('reloadConfig');
      d.note('added', (await d.ask('addProcessGroup', 'y')) as unknown as Value);
      await d.call('getProcessInfo', 'y');
    }),
    deviation: {
      name: 'fcgi-socket-is-refused',
      herald: (oracle) => {
        const reason = 'Could not create FastCGI socket unix://DIR/none/y.sock: ENOENT';
        return { ...oracle, notes: { added: { fault: [30, `FAILED: y: ${reason}`] } } };
      },
    },
  },
  {
    ...sockets('a start with a socket that cannot be had', fcgi('x', 'unix://%{dir}/folder'), async (d) => {
      const { ended, stderr } = await d.runs('-n', '-c', d.path('daemon.conf'));
      const why = stderr.includes('Could not create FastCGI socket unix://');
      d.note('refused', { ended, why, traceback: stderr.includes('Traceback') });
    }),
    launch: false,
    prepare: (dir) => mkdir(path.join(dir, 'folder')).then(() => undefined),
    deviation: {
      name: 'fcgi-socket-is-refused',
      herald: (oracle) => ({
        ...oracle,
        notes: { refused: { ended: 'status 2', why: true, traceback: false } },
      }),
    },
  },
  {
    ...sockets('a file that is there already', fcgi('x', 'unix://%{dir}/x.sock'), async (d) => {
      d.daemon.launch();
      const ended = await d.until('a start or an end', async () => {
        const answers = await d.ask('getState').catch(() => undefined);
        return d.daemon.ended ?? (answers !== undefined && 'result' in answers ? 'running' : undefined);
      });
      d.note('ended', ended);
      d.note('x.sock', await d.read('x.sock'));
    }),
    launch: false,
    files: { 'x.sock': 'data of somebody' },
    deviation: {
      name: 'files-are-not-sockets',
      herald: (oracle) => ({ ...oracle, notes: { ended: 'status 2', 'x.sock': 'data of somebody' } }),
    },
  },
];
