/** Rules about HTTP servers: who may come in, and whether two of them want one address. */
import type { HttpServerConfig, InetHttpServerConfig, UnixHttpServerConfig } from '../types.ts';
import type { RuleInput } from './check.ts';

export function checkServers(input: RuleInput): void {
  const taken = new Map<string, string>();
  for (const server of input.config.servers) {
    if (server.kind === 'inet') checkInet(server, input);
    else checkUnix(server, input);
    const address = addressOf(server);
    const first = taken.get(address) ?? overlapping(server, taken);
    taken.set(address, server.section);
    if (first === undefined) continue;
    input.report({
      code: 'same-address',
      message: `[${first}] listens there already`,
      severity: 'error',
      section: server.section,
      option: server.kind === 'inet' ? 'port' : 'file',
    });
  }
}

function addressOf(server: HttpServerConfig): string {
  return server.kind === 'unix' ? `unix:${server.file}` : `${server.host}:${server.port}`;
}

/** All interfaces take the port of each single one. */
function overlapping(server: HttpServerConfig, taken: ReadonlyMap<string, string>): string | undefined {
  if (server.kind === 'unix') return undefined;
  const suffix = `:${server.port}`;
  const all = taken.get(suffix);
  if (all !== undefined || server.host !== '') return all;
  return [...taken].find(([address]) => !address.startsWith('unix:') && address.endsWith(suffix))?.[1];
}

function checkInet({ host, credentials, section }: InetHttpServerConfig, { report }: RuleInput): void {
  if (isLoopback(host)) return;
  const where = host === '' ? 'all interfaces' : host;
  if (credentials === undefined) {
    const message = `listens on ${where} without a password: whoever reaches it can run what the daemon may run`;
    report({ code: 'open-server', message, section, option: 'port' });
  } else if (!credentials.password.startsWith('{SHA}')) {
    const message = `clear text, for a server on ${where}; {SHA} and a hash keeps it out of the file`;
    report({ code: 'clear-password', message, section, option: 'password' });
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function checkUnix({ mode, credentials, section, file }: UnixHttpServerConfig, input: RuleInput): void {
  const folder = file.slice(0, Math.max(1, file.lastIndexOf('/')));
  if (!input.machine.mayWriteInto(folder)) {
    const message = `no socket can be made in ${folder}`;
    input.report({ code: 'socket-folder', message, section, option: 'file' });
  }
  if ((mode & 0o002) !== 0 && credentials === undefined) {
    const message = 'every user of this machine may connect, and no password is asked for';
    input.report({ code: 'open-socket', message, section, option: 'chmod' });
  }
}
