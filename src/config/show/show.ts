/** The effective configuration: after includes, expansion, defaults and `numprocs`, in sections that load again. */
import type { DaemonConfigReading } from '../load.ts';
import type { DaemonConfig, HttpServerConfig, SupervisordConfig } from '../types.ts';
import type { Values } from './process-values.ts';
import { HIDE_SECRETS, SHOW_SECRETS } from './redaction.ts';
import { showGroups } from './show-groups.ts';
import { SectionWriter, type ShowContext, type ShownSection } from './shown-section.ts';
import { octalText, ownerText } from './value-text.ts';

export interface ShowOptions {
  /** Whether passwords and the like are shown as they are. */
  readonly secrets: boolean;
}

export function showConfig(
  { config, context: reading }: DaemonConfigReading,
  { secrets }: ShowOptions,
): ShownSection[] {
  const redaction = secrets ? SHOW_SECRETS : HIDE_SECRETS;
  const context: ShowContext = { raw: reading.raw, here: reading.here, redaction };
  return [
    showSupervisord(config.supervisord, context),
    ...config.servers.map((server) => showServer(server, context)),
    ...showRpcInterfaces(config, context),
    ...showAsWritten(context),
    ...showGroups(config.groups, config.supervisord.environment, context),
    ...showHerald(config, context),
  ];
}

function showSupervisord(supervisord: SupervisordConfig, context: ShowContext): ShownSection {
  const writer = new SectionWriter('supervisord', 'supervisord', context);
  return writer.addEnvironment(supervisord.environment).addAll(supervisordValues(supervisord)).section;
}

function supervisordValues(supervisord: SupervisordConfig): Values {
  const number = (value: number) => String(value);
  return {
    logfile: supervisord.logfile,
    logfile_maxbytes: number(supervisord.logfileMaxbytes),
    logfile_backups: number(supervisord.logfileBackups),
    loglevel: supervisord.loglevel,
    pidfile: supervisord.pidfile,
    umask: octalText(supervisord.umask),
    nodaemon: String(supervisord.nodaemon),
    silent: String(supervisord.silent),
    minfds: number(supervisord.minfds),
    minprocs: number(supervisord.minprocs),
    nocleanup: String(supervisord.nocleanup),
    childlogdir: supervisord.childlogdir,
    user: supervisord.user,
    directory: supervisord.directory,
    strip_ansi: String(supervisord.stripAnsi),
    identifier: supervisord.identifier,
  };
}

function showServer(server: HttpServerConfig, context: ShowContext): ShownSection {
  const { section, credentials } = server;
  const address: Values =
    server.kind === 'inet'
      ? { port: server.host === '' ? String(server.port) : `${server.host}:${server.port}` }
      : { file: server.file, chmod: octalText(server.mode), chown: ownerText(server) };
  const values = { ...address, username: credentials?.username, password: credentials?.password };
  return new SectionWriter(section, section, context).addAll(values).section;
}

function showRpcInterfaces({ rpcInterfaces }: DaemonConfig, context: ShowContext): ShownSection[] {
  return rpcInterfaces.map(({ name, factory, options }) => {
    const section = `rpcinterface:${name}`;
    const writer = new SectionWriter(section, section, context).add(
      'supervisor.rpcinterface_factory',
      factory,
    );
    for (const [option, value] of options) writer.add(option, value);
    return writer.section;
  });
}

/** The daemon does not read these; their texts stay as they are. */
function showAsWritten(context: ShowContext): ShownSection[] {
  return context.raw.sections
    .filter(({ name }) => name === 'supervisorctl' || /^(ctlplugin|remotecomm):/.test(name))
    .map(({ name }) => new SectionWriter(name, name, context).addOthers().section);
}

function showHerald({ herald }: DaemonConfig, context: ShowContext): ShownSection[] {
  if (context.raw.section('herald') === undefined) return [];
  return [new SectionWriter('herald', 'herald', context).addAll({ compat: herald.compat }).section];
}
