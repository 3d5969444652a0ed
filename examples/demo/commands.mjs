/** The command lines that the demo shows, ready to be copied: with the real paths and the real port. */
import { join } from 'node:path';

/** `label` is the sentence above the command. */
export function demoCommands({ dist, folder, port }) {
  const url = `http://127.0.0.1:${port}/RPC2`;
  const ctl = `node ${quote(join(dist, 'heraldctl.js'))} -c ${quote(join(folder, 'supervisord.conf'))}`;
  const herald = `node ${quote(join(dist, 'herald.js'))} -c ${quote(join(folder, 'supervisord.conf'))}`;
  const call =
    '<methodCall><methodName>supervisor.sendRemoteCommEvent</methodName><params>' +
    '<param><value>DEPLOY_DONE</value></param><param><value>version 1.2 from curl</value></param>' +
    '</params></methodCall>';
  const script = [
    'from xmlrpc.client import ServerProxy',
    `print(ServerProxy("${url}").supervisor.sendRemoteCommEvent("DEPLOY_DONE", "version 1.2 from Python"))`,
  ].join('; ');
  return [
    { label: 'send an event of your own type, and see the listener print it:' },
    { line: `curl -s ${url} -H 'Content-Type: text/xml' -d '${call}'` },
    { line: `python3 -c '${script}'` },
    { line: `${herald} send DEPLOY_DONE 'version 1.2 from the shell'` },
    { label: 'look at the programs, and let one go down:' },
    { line: `${ctl} status` },
    { line: `${ctl} stop steady` },
    { line: `${ctl} tail flaky stderr` },
  ];
}

/** As a word of a POSIX shell. */
function quote(path) {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
