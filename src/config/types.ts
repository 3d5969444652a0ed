/**
 * The configuration as plain data: everything read, expanded, typed and defaulted. Nothing inside the daemon
 * reads text again. Option names of Supervisor are kept as they are, in camel case; sizes are bytes, times
 * seconds, signals numbers.
 */

/** Where something stands in the configuration: for messages. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly section: string;
  readonly option?: string;
}

/** Something worth telling at start that is not fatal; goes to the main log at this level. */
export interface ConfigNotice {
  readonly level: 'critical' | 'warn' | 'info';
  readonly message: string;
}

export type LogLevelName = 'critical' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'blather';

export interface SupervisordConfig {
  /** Absolute, or `syslog`. */
  readonly logfile: string;
  readonly logfileMaxbytes: number;
  readonly logfileBackups: number;
  readonly loglevel: LogLevelName;
  readonly pidfile: string;
  readonly umask: number;
  readonly nodaemon: boolean;
  readonly silent: boolean;
  readonly minfds: number;
  readonly minprocs: number;
  readonly nocleanup: boolean;
  readonly childlogdir: string;
  readonly user: string | undefined;
  readonly directory: string | undefined;
  readonly stripAnsi: boolean;
  readonly environment: ReadonlyMap<string, string>;
  readonly identifier: string;
}

/** `[herald]`: what Supervisor does not have. */
export interface HeraldConfig {
  /** `supervisor` turns every deviation off that protocol-spec/deviations.md lists as switchable. */
  readonly compat: 'off' | 'supervisor';
}

/** Credentials of an HTTP server; the password is clear text or `{SHA}` + lower-case hex SHA-1. */
export interface HttpCredentials {
  readonly username: string;
  readonly password: string;
}

export interface UnixHttpServerConfig {
  readonly kind: 'unix';
  readonly section: string;
  /** Absolute. */
  readonly file: string;
  readonly mode: number;
  /** -1 leaves the owner as it is. */
  readonly uid: number;
  readonly gid: number;
  readonly credentials: HttpCredentials | undefined;
}

export interface InetHttpServerConfig {
  readonly kind: 'inet';
  readonly section: string;
  /** Empty: all IPv4 interfaces. */
  readonly host: string;
  readonly port: number;
  readonly credentials: HttpCredentials | undefined;
}

export type HttpServerConfig = UnixHttpServerConfig | InetHttpServerConfig;

export interface RpcInterfaceConfig {
  /** What follows the colon in the section's name. */
  readonly name: string;
  readonly factory: string;
  readonly options: ReadonlyMap<string, string>;
}

/**
 * `auto`: a generated file in childlogdir. `none`: not logged; `blank` when no word but an empty value says so.
 * `file`: this absolute or relative path.
 */
export type LogTarget =
  | { readonly kind: 'auto' }
  | { readonly kind: 'none'; readonly blank?: true }
  | { readonly kind: 'file'; readonly path: string };

export interface ChannelConfig {
  readonly logfile: LogTarget;
  readonly maxbytes: number;
  readonly backups: number;
  /** 0: capture mode is off. */
  readonly captureMaxbytes: number;
  readonly eventsEnabled: boolean;
  readonly syslog: boolean;
}

/**
 * When the end of a program ends the daemon: `down` when nothing will start it again (FATAL, or an exit without a
 * restart), `fatal` only on FATAL, `unexpected` on FATAL or any unexpected exit, `exit` on FATAL or any exit.
 */
export type Essential = 'never' | 'down' | 'fatal' | 'unexpected' | 'exit';

/** How each line of a program's output is written to its log file. */
export interface LineFormatConfig {
  readonly format: 'plain' | 'timestamp' | 'json';
  /** In front of each line, with a blank behind it; a field of its own in json. Empty: none. */
  readonly prefix: string;
}

/** The listening socket that all processes of an `[fcgi-program:x]` share as their stdin. */
export interface SocketConfig {
  /** In one spelling, as `unix:///run/app.sock` or `tcp://localhost:9000`. */
  readonly url: string;
  readonly address: UnixAddress | InetAddress;
  /** undefined: as long as the system allows. */
  readonly backlog: number | undefined;
}

export interface UnixAddress {
  readonly kind: 'unix';
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
  /** -1 leaves the owner as it is. */
  readonly uid: number;
  readonly gid: number;
}

export interface InetAddress {
  readonly kind: 'inet';
  /** A name or an address, of IPv4. */
  readonly host: string;
  readonly port: number;
}

export type AutoRestart = 'always' | 'never' | 'unexpected';

export interface ProcessConfig {
  readonly name: string;
  readonly group: string;
  /** Unparsed but expanded: it is split at each spawn. */
  readonly command: string;
  readonly priority: number;
  readonly autostart: boolean;
  readonly autorestart: AutoRestart;
  readonly essential: Essential;
  readonly startsecs: number;
  readonly startretries: number;
  readonly exitcodes: readonly number[];
  readonly stopsignal: number;
  readonly stopwaitsecs: number;
  readonly stopasgroup: boolean;
  readonly killasgroup: boolean;
  readonly user: string | undefined;
  readonly umask: number | undefined;
  readonly directory: string | undefined;
  /** `[supervisord]` pairs overlaid by the program's. */
  readonly environment: ReadonlyMap<string, string>;
  /** undefined: computed from the configured servers. */
  readonly serverurl: string | undefined;
  readonly redirectStderr: boolean;
  readonly stdout: ChannelConfig;
  readonly stderr: ChannelConfig;
  /** undefined: the output goes to the log file as it is. */
  readonly lineFormat?: LineFormatConfig | undefined;
  /** Only for processes of an `[fcgi-program:x]`, wherever they are grouped. */
  readonly socket?: SocketConfig | undefined;
  readonly place: Place;
}

/** Herald's and Supervisor's options of an `[eventlistener:x]`, besides those of its processes. */
export interface PoolConfig {
  /** Names as written in `events=`, upper-cased, without duplicates; abstract names are not expanded. */
  readonly events: readonly string[];
  readonly bufferSize: number;
  /** As `parseResultHandler` takes it; the path of a module is absolute. */
  readonly resultHandler: string;
  /** Events in flight at once, per process. */
  readonly prefetch: number;
  /** Seconds; 0: warn only. */
  readonly ackTimeout: number;
  readonly protocolError: 'restart' | 'ignore';
  /** Seconds before the first redelivery of a rejected event, doubling up to `retryDelayMax`. */
  readonly retryDelay: number;
  readonly retryDelayMax: number;
  /** Deliveries of one event before it goes to the dead letters; 0: no limit. */
  readonly maxDeliver: number;
  readonly extended: boolean;
  readonly lengthUnit: 'characters' | 'bytes';
  /** Globs of `group:name`; empty: all. */
  readonly programs: readonly string[];
  /** Seconds to drain at shutdown. */
  readonly drainTimeout: number;
}

export interface GroupConfig {
  readonly kind: 'program' | 'eventlistener' | 'fcgi';
  readonly name: string;
  readonly priority: number;
  /** In the order in which they are started. */
  readonly processes: readonly ProcessConfig[];
  /** Only for `eventlistener`. */
  readonly pool: PoolConfig | undefined;
}

export interface DaemonConfig {
  /** The main file, as given. */
  readonly file: string;
  readonly supervisord: SupervisordConfig;
  readonly herald: HeraldConfig;
  /** inet servers before unix ones, as they are opened. */
  readonly servers: readonly HttpServerConfig[];
  readonly rpcInterfaces: readonly RpcInterfaceConfig[];
  /** Sorted by priority, then name. */
  readonly groups: readonly GroupConfig[];
  readonly notices: readonly ConfigNotice[];
}
