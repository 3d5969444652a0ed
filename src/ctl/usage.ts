import { COMMANDS } from './commands.ts';
import { byName, formatColumns } from './format.ts';

/** The text of --help: every option, every action. */
export function formatUsage(program: string): string {
  return [
    `Usage: ${program} [options] [action [words]]`,
    '',
    'Controls a running heraldd (or supervisord) over its XML-RPC interface. Without an action: a shell.',
    '',
    'Options:',
    '  -c, --configuration=FILE   configuration file with a [supervisorctl] section; without -c the usual places',
    '                             are searched, such as /etc/supervisor/supervisord.conf',
    '  -s, --serverurl=URL        the server: http://host:port or unix:///path/of/its.sock',
    '                             (default http://localhost:9001)',
    '  -u, --username=NAME        user name for the server',
    '  -p, --password=WORD        password for the server',
    '  -r, --history_file=FILE    keep the lines typed in the shell in this file',
    '  -i, --interactive          ask before shutdown and reload, also with an action',
    '  -h, -?, --help             show this text',
    '',
    'Actions:',
    ...formatColumns([...COMMANDS.keys()].sort(byName), 76).map((line) => `  ${line}`.trimEnd()),
    '',
    `"${program} help ACTION" explains an action.`,
    '',
  ].join('\n');
}
