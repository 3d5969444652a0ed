/**
 * supervisorctl puts the name of a program into the path of `/logtail` as UTF-8 and not percent-encoded, and
 * supervisord takes that. Node's parser refuses such a path, so the first line of a connection is encoded before
 * the parser sees it. Later requests of the same connection go to the parser as they come.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Connections that have brought nothing yet; Node's server does not know of them. */
export interface SilentConnections {
  close(): void;
}

/** To be called before anybody else listens for connections of the server. */
export function encodeFirstLines(server: Server): SilentConnections {
  const parse = server.listeners('connection');
  server.removeAllListeners('connection');
  const silent = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const settle = () => {
      silent.delete(socket);
      socket.off('data', handOver).off('end', leave).off('close', settle).off('error', ignore);
    };
    const handOver = (bytes: Buffer) => {
      settle();
      for (const listener of parse) listener.call(server, socket);
      // The parser listens by now, so it gets these bytes before all that come later.
      socket.emit('data', encodeLine(bytes));
    };
    const leave = () => socket.destroy();
    silent.add(socket);
    socket.on('data', handOver).on('end', leave).on('close', settle).on('error', ignore);
  });
  return {
    close() {
      for (const socket of silent) socket.destroy();
    },
  };
}

/** A connection that breaks is closed all the same. */
function ignore(): void {}

const LINE_FEED = 0x0a;
const FIRST_BEYOND_ASCII = 0x80;

function encodeLine(bytes: Buffer): Buffer {
  const end = bytes.indexOf(LINE_FEED);
  const line = end < 0 ? bytes : bytes.subarray(0, end);
  if (line.every((byte) => byte < FIRST_BEYOND_ASCII)) return bytes;
  // In Latin-1 each byte is a character of its own.
  const encoded = line
    .toString('latin1')
    .replace(/[\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  return Buffer.concat([Buffer.from(encoded, 'latin1'), bytes.subarray(line.length)]);
}
