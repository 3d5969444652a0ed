import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** What the server saw of one request. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export interface RpcServer extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Connections accepted so far. */
  readonly connections: () => number;
}

export type Respond = (request: SeenRequest, response: http.ServerResponse) => void;

/** An HTTP server on loopback, or on a unix socket in `folder`, that answers as `respond` says. */
export async function startRpcServer(respond: Respond, folder?: string): Promise<RpcServer> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(entry);
      respond(entry, response);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  const socket = folder === undefined ? undefined : path.join(folder, 'rpc.sock');
  await new Promise<void>((resolve) =>
    socket === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(socket, resolve),
  );
  return {
    url:
      socket === undefined
        ? `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        : `unix://${socket}`,
    seen,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A response in Supervisor's layout around the XML of one value. */
export function valueXml(value: string): string {
  return `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>${value}</value>\n</param>\n</params>\n</methodResponse>\n`;
}

/** A fault in Supervisor's layout. */
export function faultXml(code: number, text: string): string {
  return `<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value>${faultStruct(code, text)}</value>\n</fault>\n</methodResponse>\n`;
}

export function faultStruct(code: number, text: string): string {
  return (
    `<struct>\n<member>\n<name>faultCode</name>\n<value><int>${code}</int></value>\n</member>\n` +
    `<member>\n<name>faultString</name>\n<value><string>${text}</string></value>\n</member>\n</struct>`
  );
}

/** Answers every request with this XML and status 200. */
export function always(xml: string): Respond {
  return (_request, response) => response.writeHead(200, { 'Content-Type': 'text/xml' }).end(xml);
}
