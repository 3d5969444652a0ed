/** Text of configuration sections for scenarios, with defaults that keep them quick. */

type Options = Readonly<Record<string, string | number>>;

/** The command of a program that does what the driver tells it. */
export const PUPPET = '%{python} %{fixtures}/puppet.py %{dir}';

/** `[program:NAME]` with startsecs=0, an autostart and log files `NAME.out` and `NAME.err`. */
export function program(name: string, command: string = PUPPET, options: Options = {}): string {
  return section(`program:${name}`, {
    command,
    startsecs: 0,
    stdout_logfile: `%{dir}/${name}.out`,
    stderr_logfile: `%{dir}/${name}.err`,
    ...options,
  });
}

/** A program that the script starts itself. */
export function dormant(name: string, command: string = PUPPET, options: Options = {}): string {
  return program(name, command, { autostart: 'false', ...options });
}

/** `[eventlistener:NAME]` that records; REMOTE_COMMUNICATION is added, because fences arrive that way. */
export function listener(name: string, events: string, args = '', options: Options = {}): string {
  const types = events.includes('REMOTE_COMMUNICATION') ? events : `${events},REMOTE_COMMUNICATION`;
  return section(`eventlistener:${name}`, {
    command: `%{python} %{fixtures}/recording-listener.py %{dir} ${args}`.trim(),
    events: types,
    startsecs: 0,
    buffer_size: 500,
    stderr_logfile: `%{dir}/${name}.err`,
    ...options,
  });
}

export function section(title: string, options: Options): string {
  const lines = Object.entries(options).map(([key, value]) => `${key}=${value}`);
  return `[${title}]\n${lines.join('\n')}\n\n`;
}

/** The sections that every configuration has. */
export function commonSections(supervisord: string, server: string): string {
  return `[supervisord]
logfile=%{dir}/main.log
pidfile=%{dir}/daemon.pid
childlogdir=%{dir}
loglevel=debug
${supervisord}

[unix_http_server]
file=%{dir}/d.sock
${server}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

`;
}
