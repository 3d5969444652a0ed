import { once } from 'node:events';
import net from 'node:net';

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * XML-RPC over one keep-alive connection to a unix socket, one request at a time. Answers are cut by their
 * Content-Length and never parsed, so that the client costs as little as it can.
 */
export class RpcSocket {
  readonly #socket: net.Socket;
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the body still to come; undefined while the header is not complete. */
  #missing: number | undefined;
  #body: Buffer[] = [];
  #pending: { resolve: (body: Buffer[]) => void; reject: (why: Error) => void } | undefined;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (why) => this.#fail(why));
    socket.on('close', () => this.#fail(new Error('the daemon closed the connection')));
  }

  static async connect(socketPath: string): Promise<RpcSocket> {
    const socket = net.connect(socketPath);
    await once(socket, 'connect');
    return new RpcSocket(socket);
  }

  /** Sends a request made by `encodeCall` and gives the bytes of the answer's body. */
  exchange(request: Buffer): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error('the daemon closed the connection'));
      this.#pending = { resolve, reject };
      this.#socket.write(request);
    });
  }

  /** @throws Error when the answer is a fault */
  async call(method: string, ...params: string[]): Promise<string> {
    const body = Buffer.concat(await this.exchange(encodeCall(method, params))).toString('utf8');
    if (body.includes('<fault>'))
      throw new Error(`${method} answered with a fault: ${body.replace(/\s+/g, ' ')}`);
    return body;
  }

  close(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    let body = chunk;
    if (this.#missing === undefined) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(HEADER_END);
      if (end < 0) return;
      const header = this.#head.toString('latin1', 0, end);
      const length = /^content-length: *(\d+)/im.exec(header)?.[1];
      if (!/^HTTP\/1\.1 200 /.test(header) || length === undefined) {
        this.#fail(new Error(`not an answer we can read: ${header}`));
        return;
      }
      this.#missing = Number(length);
      body = this.#head.subarray(end + HEADER_END.length);
      this.#head = Buffer.alloc(0);
    }
    this.#missing -= body.length;
    this.#body.push(body);
    if (this.#missing <= 0) this.#finish();
  }

  #finish(): void {
    const body = this.#body;
    const pending = this.#pending;
    this.#missing = undefined;
    this.#body = [];
    this.#pending = undefined;
    pending?.resolve(body);
  }

  #fail(why: Error): void {
    this.#pending?.reject(why);
    this.#pending = undefined;
  }
}

/** The whole HTTP request for one call with string parameters. */
export function encodeCall(method: string, params: readonly string[] = []): Buffer {
  return encodePost(methodCall(method, params.map(stringValue).join('')));
}

/** One `system.multicall` that sends a REMOTE_COMMUNICATION event for each of the given data. */
export function encodeRemoteEvents(type: string, data: readonly string[]): Buffer {
  const calls = data.map((text) => {
    const params = `<array><data>${inValue(type)}${inValue(text)}</data></array>`;
    return `<value><struct>${member('methodName', string('supervisor.sendRemoteCommEvent'))}${member('params', params)}</struct></value>`;
  });
  const list = `<param><value><array><data>${calls.join('')}</data></array></value></param>`;
  return encodePost(methodCall('system.multicall', list));
}

function encodePost(body: string): Buffer {
  const bytes = Buffer.from(body);
  const header = `POST /RPC2 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\nContent-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(header), bytes]);
}

function methodCall(method: string, params: string): string {
  return `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${params}</params></methodCall>`;
}

function stringValue(text: string): string {
  return `<param>${inValue(text)}</param>`;
}

function inValue(text: string): string {
  return `<value>${string(text)}</value>`;
}

function string(text: string): string {
  return `<string>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</string>`;
}

function member(name: string, value: string): string {
  return `<member><name>${name}</name><value>${value}</value></member>`;
}
