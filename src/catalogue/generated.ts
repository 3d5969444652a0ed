// Generated from protocol-spec/events by scripts/generate-catalogue.mjs: do not edit.

/** Events that are sent. */
export const EVENT_NAMES = [
  'PROCESS_COMMUNICATION_STDERR',
  'PROCESS_COMMUNICATION_STDOUT',
  'PROCESS_GROUP_ADDED',
  'PROCESS_GROUP_REMOVED',
  'PROCESS_LOG_STDERR',
  'PROCESS_LOG_STDOUT',
  'PROCESS_STATE_BACKOFF',
  'PROCESS_STATE_EXITED',
  'PROCESS_STATE_FATAL',
  'PROCESS_STATE_RUNNING',
  'PROCESS_STATE_STARTING',
  'PROCESS_STATE_STOPPED',
  'PROCESS_STATE_STOPPING',
  'PROCESS_STATE_UNKNOWN',
  'REMOTE_COMMUNICATION',
  'SUPERVISOR_STATE_CHANGE_RUNNING',
  'SUPERVISOR_STATE_CHANGE_STOPPING',
  'TICK_3600',
  'TICK_5',
  'TICK_60',
  'HERALD_LISTENER_PROTOCOL_ERROR',
  'HERALD_POOL_DROPPED',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** Names that can be subscribed to and stand for all events below them. */
export const ABSTRACT_EVENT_NAMES = [
  'EVENT',
  'PROCESS_COMMUNICATION',
  'PROCESS_GROUP',
  'PROCESS_LOG',
  'PROCESS_STATE',
  'SUPERVISOR_STATE_CHANGE',
  'TICK',
  'HERALD_EVENT',
] as const;
export type AbstractEventName = (typeof ABSTRACT_EVENT_NAMES)[number];

export type AnyEventName = EventName | AbstractEventName;

export interface EventPayloads {
  /** A process has sent a message between the capture markers on its stderr. */
  PROCESS_COMMUNICATION_STDERR: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** Process id. */
    readonly pid: number;
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** A process has sent a message between the capture markers on its stdout. */
  PROCESS_COMMUNICATION_STDOUT: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** Process id. */
    readonly pid: number;
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** A group has been added. */
  PROCESS_GROUP_ADDED: {
    /** Name of the group. */
    readonly groupname: string;
  };
  /** A group has been removed. */
  PROCESS_GROUP_REMOVED: {
    /** Name of the group. */
    readonly groupname: string;
  };
  /** A process has written to its stderr. */
  PROCESS_LOG_STDERR: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** Process id. */
    readonly pid: number;
    /** The stream that the data was written to. */
    readonly channel: 'stdout' | 'stderr';
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** A process has written to its stdout. */
  PROCESS_LOG_STDOUT: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** Process id. */
    readonly pid: number;
    /** The stream that the data was written to. */
    readonly channel: 'stdout' | 'stderr';
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** A process ended before startsecs, or could not be started; it will be tried again. */
  PROCESS_STATE_BACKOFF: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** Failed starts in a row so far; in BACKOFF it includes the one that has just failed. */
    readonly tries: number;
  };
  /** A running process has ended by itself. */
  PROCESS_STATE_EXITED: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** 1 when the exit status is one of exitcodes, else 0. */
    readonly expected: 0 | 1;
    /** Process id. */
    readonly pid: number;
  };
  /** A process has failed to start too often and is given up. */
  PROCESS_STATE_FATAL: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
  };
  /** A process has stayed up for startsecs. */
  PROCESS_STATE_RUNNING: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** Process id. */
    readonly pid: number;
  };
  /** A process is being started. */
  PROCESS_STATE_STARTING: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** Failed starts in a row so far; in BACKOFF it includes the one that has just failed. */
    readonly tries: number;
  };
  /** A process that was told to stop has ended. */
  PROCESS_STATE_STOPPED: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** Process id. */
    readonly pid: number;
  };
  /** A process has been told to stop. */
  PROCESS_STATE_STOPPING: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
    /** Process id. */
    readonly pid: number;
  };
  /** A process is in a state that should not exist: a mistake in the daemon. */
  PROCESS_STATE_UNKNOWN: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** The state the process was in before. */
    readonly from_state: 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'EXITED' | 'FATAL' | 'UNKNOWN';
  };
  /** Someone outside has sent a message through the RPC interface. */
  REMOTE_COMMUNICATION: {
    /** What kind of message this is, in words of the sender. */
    readonly type: string;
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** The daemon has started. */
  SUPERVISOR_STATE_CHANGE_RUNNING: { readonly [key: string]: never };
  /** The daemon has begun to shut down or to restart. */
  SUPERVISOR_STATE_CHANGE_STOPPING: { readonly [key: string]: never };
  /** A new period of 3600 seconds has begun. */
  TICK_3600: {
    /** Start of the period that has begun, in seconds since the epoch: a multiple of the period. */
    readonly when: number;
  };
  /** A new period of 5 seconds has begun. */
  TICK_5: {
    /** Start of the period that has begun, in seconds since the epoch: a multiple of the period. */
    readonly when: number;
  };
  /** A new period of 60 seconds has begun. */
  TICK_60: {
    /** Start of the period that has begun, in seconds since the epoch: a multiple of the period. */
    readonly when: number;
  };
  /** A listener has written what the listener protocol does not allow there. */
  HERALD_LISTENER_PROTOCOL_ERROR: {
    /** Name of the process within its group. */
    readonly processname: string;
    /** Name of the group. */
    readonly groupname: string;
    /** Process id. */
    readonly pid: number;
    /** State of the listener when it broke the protocol. */
    readonly listener_state: 'ACKNOWLEDGED' | 'READY' | 'BUSY' | 'UNKNOWN';
    /** What the daemon does about it. */
    readonly action: 'restart' | 'ignore';
    /** Everything after the first line feed, as it is. */
    readonly data: string;
  };
  /** A pool has dropped events that it had accepted. */
  HERALD_POOL_DROPPED: {
    /** Name of the pool, which is the name of its eventlistener section. */
    readonly pool: string;
    /** How many events this report stands for. */
    readonly count: number;
    /** Serial of the first of them. */
    readonly first: number;
    /** Serial of the last of them. */
    readonly last: number;
    /** Why they were dropped. */
    readonly cause: 'overflow' | 'max_deliver' | 'shutdown';
  };
}

/** How payloads are written: tokens in order, then the body, or a line feed. */
export const EVENT_WIRE: {
  readonly [N in EventName]: {
    readonly tokens: readonly string[];
    readonly body: 'data' | undefined;
    readonly newline: boolean;
  };
} = {
  PROCESS_COMMUNICATION_STDERR: { tokens: ['processname', 'groupname', 'pid'], body: 'data', newline: false },
  PROCESS_COMMUNICATION_STDOUT: { tokens: ['processname', 'groupname', 'pid'], body: 'data', newline: false },
  PROCESS_GROUP_ADDED: { tokens: ['groupname'], body: undefined, newline: true },
  PROCESS_GROUP_REMOVED: { tokens: ['groupname'], body: undefined, newline: true },
  PROCESS_LOG_STDERR: { tokens: ['processname', 'groupname', 'pid', 'channel'], body: 'data', newline: false },
  PROCESS_LOG_STDOUT: { tokens: ['processname', 'groupname', 'pid', 'channel'], body: 'data', newline: false },
  PROCESS_STATE_BACKOFF: { tokens: ['processname', 'groupname', 'from_state', 'tries'], body: undefined, newline: false },
  PROCESS_STATE_EXITED: { tokens: ['processname', 'groupname', 'from_state', 'expected', 'pid'], body: undefined, newline: false },
  PROCESS_STATE_FATAL: { tokens: ['processname', 'groupname', 'from_state'], body: undefined, newline: false },
  PROCESS_STATE_RUNNING: { tokens: ['processname', 'groupname', 'from_state', 'pid'], body: undefined, newline: false },
  PROCESS_STATE_STARTING: { tokens: ['processname', 'groupname', 'from_state', 'tries'], body: undefined, newline: false },
  PROCESS_STATE_STOPPED: { tokens: ['processname', 'groupname', 'from_state', 'pid'], body: undefined, newline: false },
  PROCESS_STATE_STOPPING: { tokens: ['processname', 'groupname', 'from_state', 'pid'], body: undefined, newline: false },
  PROCESS_STATE_UNKNOWN: { tokens: ['processname', 'groupname', 'from_state'], body: undefined, newline: false },
  REMOTE_COMMUNICATION: { tokens: ['type'], body: 'data', newline: false },
  SUPERVISOR_STATE_CHANGE_RUNNING: { tokens: [], body: undefined, newline: false },
  SUPERVISOR_STATE_CHANGE_STOPPING: { tokens: [], body: undefined, newline: false },
  TICK_3600: { tokens: ['when'], body: undefined, newline: false },
  TICK_5: { tokens: ['when'], body: undefined, newline: false },
  TICK_60: { tokens: ['when'], body: undefined, newline: false },
  HERALD_LISTENER_PROTOCOL_ERROR: { tokens: ['processname', 'groupname', 'pid', 'listener_state', 'action'], body: 'data', newline: false },
  HERALD_POOL_DROPPED: { tokens: ['pool', 'count', 'first', 'last', 'cause'], body: undefined, newline: false },
};

/** What the value of a token is; a token means the same in every event. */
export const TOKEN_KINDS: {
  readonly [token: string]: {
    readonly kind: 'integer' | 'text';
    readonly values: readonly (string | number)[] | undefined;
  };
} = {
  processname: { kind: 'text', values: undefined },
  groupname: { kind: 'text', values: undefined },
  pid: { kind: 'integer', values: undefined },
  channel: { kind: 'text', values: ['stdout', 'stderr'] },
  from_state: { kind: 'text', values: ['STOPPED', 'STARTING', 'RUNNING', 'BACKOFF', 'STOPPING', 'EXITED', 'FATAL', 'UNKNOWN'] },
  tries: { kind: 'integer', values: undefined },
  expected: { kind: 'integer', values: [0, 1] },
  type: { kind: 'text', values: undefined },
  when: { kind: 'integer', values: undefined },
  listener_state: { kind: 'text', values: ['ACKNOWLEDGED', 'READY', 'BUSY', 'UNKNOWN'] },
  action: { kind: 'text', values: ['restart', 'ignore'] },
  pool: { kind: 'text', values: undefined },
  count: { kind: 'integer', values: undefined },
  first: { kind: 'integer', values: undefined },
  last: { kind: 'integer', values: undefined },
  cause: { kind: 'text', values: ['overflow', 'max_deliver', 'shutdown'] },
};

export const EVENT_PARENTS: { readonly [N in AnyEventName]: AnyEventName | undefined } = {
  EVENT: undefined,
  PROCESS_COMMUNICATION: 'EVENT',
  PROCESS_COMMUNICATION_STDERR: 'PROCESS_COMMUNICATION',
  PROCESS_COMMUNICATION_STDOUT: 'PROCESS_COMMUNICATION',
  PROCESS_GROUP: 'EVENT',
  PROCESS_GROUP_ADDED: 'PROCESS_GROUP',
  PROCESS_GROUP_REMOVED: 'PROCESS_GROUP',
  PROCESS_LOG: 'EVENT',
  PROCESS_LOG_STDERR: 'PROCESS_LOG',
  PROCESS_LOG_STDOUT: 'PROCESS_LOG',
  PROCESS_STATE: 'EVENT',
  PROCESS_STATE_BACKOFF: 'PROCESS_STATE',
  PROCESS_STATE_EXITED: 'PROCESS_STATE',
  PROCESS_STATE_FATAL: 'PROCESS_STATE',
  PROCESS_STATE_RUNNING: 'PROCESS_STATE',
  PROCESS_STATE_STARTING: 'PROCESS_STATE',
  PROCESS_STATE_STOPPED: 'PROCESS_STATE',
  PROCESS_STATE_STOPPING: 'PROCESS_STATE',
  PROCESS_STATE_UNKNOWN: 'PROCESS_STATE',
  REMOTE_COMMUNICATION: 'EVENT',
  SUPERVISOR_STATE_CHANGE: 'EVENT',
  SUPERVISOR_STATE_CHANGE_RUNNING: 'SUPERVISOR_STATE_CHANGE',
  SUPERVISOR_STATE_CHANGE_STOPPING: 'SUPERVISOR_STATE_CHANGE',
  TICK: 'EVENT',
  TICK_3600: 'TICK',
  TICK_5: 'TICK',
  TICK_60: 'TICK',
  HERALD_EVENT: undefined,
  HERALD_LISTENER_PROTOCOL_ERROR: 'HERALD_EVENT',
  HERALD_POOL_DROPPED: 'HERALD_EVENT',
};
