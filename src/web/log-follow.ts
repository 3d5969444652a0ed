/**
 * `/logtail/<namespec>[/stdout|/stderr]` and `/mainlogtail`: the end of a log, then what comes, for as long as the
 * client stays. Source: Supervisor 4.2.5, observed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Channel, FollowedLog, LogFollower, LogReading, MainLog } from '../supervisor/ports.ts';
import { beginReply, errorReply, sendReply } from './replies.ts';

/** Where logs are, and who can follow them. */
export interface LogSource {
  /** The path of a program's log; undefined when there is no such program, or no such log of it. */
  processLog(namespec: string, channel: Channel): string | undefined;
  /** undefined: it is not in a file. */
  mainLog(): string | undefined;
  readonly follower: LogFollower;
}

/** The streams of one server. */
export interface LogStreams {
  /** Whether a path, decoded, is one of a log stream. */
  serves(path: string): boolean;
  /** Streams the log of the path, or replies why not. */
  answer(path: string, request: IncomingMessage, response: ServerResponse): void;
  /** Ends all streams, at once, and begins no more. What readers have not taken by then they do not get. */
  close(): void;
}

/** Bytes of the log that a stream begins with. */
const TAIL = 1024;
/** Milliseconds of silence after which a TCP client is asked whether it is still there. */
const KEEP_ALIVE = 60_000;

const PROCESS_LOGS = '/logtail';
const MAIN_LOG = '/mainlogtail';

export function createLogStreams(source: LogSource, log: MainLog): LogStreams {
  const open = new Set<() => void>();
  let closed = false;

  function answer(path: string, request: IncomingMessage, response: ServerResponse): void {
    const file = findLog(source, path);
    const followed = file === undefined || closed ? 404 : follow(file, response);
    if (typeof followed === 'number') {
      sendReply(request, response, errorReply(followed));
      return;
    }
    request.socket.setKeepAlive(true, KEEP_ALIVE);
    const end = () => {
      followed.resume();
      endStream(response);
    };
    open.add(end);
    response.on('close', () => {
      followed.close();
      open.delete(end);
    });
    // With a turn of the loop in between: a client that reads as fast as it is written to is not the only one.
    response.on('drain', () => setImmediate(() => followed.resume()));
    beginReply(response, streamHeaders(path, followed));
    followed.resume();
    // An empty log has a head all the same.
    response.flushHeaders();
  }

  /** Or the status that says why not. */
  function follow(file: string, response: ServerResponse): FollowedLog | 404 | 503 {
    const reading: LogReading = {
      take: (bytes) => response.write(bytes),
      ended(why) {
        complain(file, why);
        endStream(response);
      },
    };
    try {
      return source.follower.follow(file, TAIL, reading) ?? 404;
    } catch (error) {
      complain(file, error);
      return 503;
    }
  }

  function complain(file: string, why: unknown): void {
    log.write('warn', `cannot follow log ${file}: ${why instanceof Error ? why.message : String(why)}`);
  }

  return {
    serves: (path) => path.startsWith(PROCESS_LOGS) || path.startsWith(MAIN_LOG),
    answer,
    close() {
      closed = true;
      for (const end of open) end();
    },
  };
}

function findLog(source: LogSource, path: string): string | undefined {
  if (path.startsWith(MAIN_LOG)) return source.mainLog();
  const [, , namespec, channel = 'stdout', ...more] = path.split('/');
  if (namespec === undefined || more.length > 0) return undefined;
  return channel === 'stdout' || channel === 'stderr' ? source.processLog(namespec, channel) : undefined;
}

function streamHeaders(path: string, { modified }: FollowedLog): readonly string[] {
  const headers = [
    'Last-Modified',
    new Date(modified).toUTCString(),
    'Content-Type',
    'text/plain;charset=utf-8',
  ];
  // For proxies: nginx would collect the stream.
  return path.startsWith(MAIN_LOG) ? headers : [...headers, 'X-Accel-Buffering', 'no'];
}

/** A client that is behind gets no end, since that would wait for it. */
function endStream(response: ServerResponse): void {
  const { socket } = response;
  if (response.writableNeedDrain) {
    response.destroy();
    return;
  }
  response.end(() => socket?.destroySoon());
}
