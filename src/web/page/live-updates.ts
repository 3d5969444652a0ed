/**
 * Keeps open pages up to date: what has changed goes to all of them as server-sent events. Nothing is asked for and
 * nothing ticks: a change starts one timer, what else changes until it ends goes along, and without an open page
 * nobody is even told of changes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Facade, PoolView, ProcessView } from '../../supervisor/facade.ts';
import { beginReply, errorReply, sendReply } from '../replies.ts';
import { SAFETY_HEADERS } from './layout.ts';
import { completeUpdate, partialUpdate } from './overview.ts';
import type { Update } from './update.ts';

export interface LiveUpdates {
  /** Tells everything, then what changes, for as long as the client stays. */
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** Ends all streams and begins no more. */
  close(): void;
}

/** Milliseconds for which changes are collected. */
const PAUSE_MS = 200;
/** Open pages of one server. */
export const MAX_PAGES = 100;
/**
 * Bytes that may wait for a client beyond the first update, which tells everything: one who is further behind is
 * dropped, and sees everything when it comes again.
 */
const MAX_BEHIND = 1024 * 1024;
/** Milliseconds after which a browser comes again. */
const RETRY_MS = 2000;
/** Milliseconds of silence after which a TCP client is asked whether it is still there. */
const KEEP_ALIVE_MS = 60_000;

export function createLiveUpdates(facade: Facade): LiveUpdates {
  /** Bytes of the first update of each. */
  const pages = new Map<ServerResponse, number>();
  const changes = createChanges(facade, (update) => {
    const text = encode(update);
    for (const [page, first] of pages) {
      if (page.writableLength > first + MAX_BEHIND) page.destroy();
      else page.write(text);
    }
  });
  let closed = false;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (closed || pages.size >= MAX_PAGES) {
      sendReply(request, response, errorReply(503));
      return;
    }
    request.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    if (pages.size === 0) changes.begin();
    response.on('close', () => {
      if (pages.delete(response) && pages.size === 0) changes.end();
    });
    beginReply(response, STREAM_HEADERS);
    const first = Buffer.from(`retry: ${RETRY_MS}\n${encode(completeUpdate(facade, Date.now()))}`);
    pages.set(response, first.length);
    response.write(first);
  }

  return {
    answer,
    close() {
      closed = true;
      changes.end();
      for (const page of pages.keys()) endStream(page);
      pages.clear();
    },
  };
}

/** The last two are for proxies: nginx would collect the stream. */
const STREAM_HEADERS = [
  'Content-Type',
  'text/event-stream;charset=utf-8',
  ...SAFETY_HEADERS,
  'Cache-Control',
  'no-cache, no-transform',
  'X-Accel-Buffering',
  'no',
];

function encode(update: Update): string {
  return `data: ${JSON.stringify(update)}\n\n`;
}

/** A client that is behind gets no end, since that would wait for it. */
function endStream(response: ServerResponse): void {
  const { socket } = response;
  if (response.writableNeedDrain) response.destroy();
  else response.end(() => socket?.destroySoon());
}

interface Changes {
  begin(): void;
  /** Tells what there still is to tell. */
  end(): void;
}

function createChanges(facade: Facade, tell: (update: Update) => void): Changes {
  const processes = new Set<ProcessView>();
  const pools = new Set<PoolView>();
  let everything = false;
  let timer: NodeJS.Timeout | undefined;
  let stop: (() => void) | undefined;

  const forget = () => {
    timer = undefined;
    everything = false;
    processes.clear();
    pools.clear();
  };
  const flush = () => {
    clearTimeout(timer);
    const now = Date.now();
    const update = everything ? completeUpdate(facade, now) : partialUpdate(facade, processes, pools, now);
    forget();
    tell(update);
  };
  const note = () => {
    timer ??= setTimeout(flush, PAUSE_MS);
  };
  return {
    begin() {
      stop = facade.watch({
        processChanged(process) {
          processes.add(process);
          note();
        },
        poolChanged(pool) {
          pools.add(pool);
          note();
        },
        daemonChanged() {
          everything = true;
          note();
        },
      });
    },
    end() {
      if (timer !== undefined) flush();
      stop?.();
      stop = undefined;
    },
  };
}
