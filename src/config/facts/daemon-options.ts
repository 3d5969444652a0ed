/** The options of the sections that exist once. */
import { row, type SectionFacts } from './option-facts.ts';

const LEVELS = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'blather'];

export const DAEMON_SECTIONS: readonly SectionFacts[] = [
  {
    name: 'supervisord',
    prefix: false,
    about: 'The daemon itself',
    options: {
      logfile: row('path', 'supervisord.log', 'main log; relative to where the daemon is started'),
      logfile_maxbytes: row('bytes', '50MB', 'rotate the main log at this size; 0: never'),
      logfile_backups: row('integer', '10', 'rotated main logs to keep', { minimum: 0 }),
      loglevel: row('words', 'info', 'least severe level that is logged', { words: LEVELS }),
      pidfile: row('path', 'supervisord.pid', 'file that holds the process id of the daemon'),
      umask: row('octal', '022', 'file mode creation mask of the daemon when it goes to the background'),
      nodaemon: row('boolean', 'false', 'stay in the foreground'),
      silent: row('boolean', 'false', 'in the foreground, keep the log off standard output'),
      minfds: row('integer', '1024', 'file descriptors that must be available'),
      minprocs: row('integer', '200', 'processes that must be available'),
      nocleanup: row('boolean', 'false', 'keep the AUTO log files of earlier runs'),
      childlogdir: row('path', undefined, 'folder for AUTO log files; default: the temporary folder', {
        example: '/tmp',
      }),
      user: row('text', undefined, 'switch to this user at the start, when started as root', {
        example: 'root',
      }),
      directory: row('path', undefined, 'folder to change to when going to the background', {
        example: '/tmp',
      }),
      strip_ansi: row('boolean', 'false', 'remove colour codes from the output of programs'),
      environment: row('pairs', '', 'added to the environment of every program, and to %(ENV_x)s'),
      identifier: row('text', 'supervisor', 'name of this daemon in events and over RPC'),
    },
  },
  {
    name: 'supervisorctl',
    prefix: false,
    about: 'heraldctl and supervisorctl; read from the main file only, not from included ones',
    open: true,
    options: {
      serverurl: row(
        'text',
        'http://localhost:9001',
        'address of the daemon: http://host:port or unix:///path',
      ),
      username: row('text', undefined, 'as in the server section', { example: 'user' }),
      password: row('text', undefined, 'as in the server section, in clear text', { example: 'secret' }),
      prompt: row('text', 'supervisor', 'prompt of the interactive mode'),
      history_file: row('path', undefined, 'keep the history of the interactive mode here', {
        example: '~/.heraldctl_history',
      }),
    },
  },
  {
    name: 'include',
    prefix: false,
    about: 'More files, merged into this one',
    options: {
      files: row('text', undefined, 'patterns between blanks, from the folder of this file', {
        required: true,
        example: 'conf.d/*.conf',
      }),
    },
  },
  {
    name: 'herald',
    prefix: false,
    about: "Herald's own; Supervisor ignores this section",
    herald: true,
    options: {
      compat: row('words', 'off', 'supervisor: behave like Supervisor where Herald would do better', {
        words: ['off', 'supervisor'],
        herald: true,
      }),
      journal: row('path', '', 'folder of the event journal; empty: no journal', { herald: true }),
      journal_max_bytes: row('bytes', '256MB', 'size at which the journal forgets its oldest events', {
        herald: true,
      }),
      journal_max_age: row(
        'text',
        '7d',
        'age at which the journal forgets events: a number and s, m, h or d',
        {
          herald: true,
        },
      ),
    },
  },
];
