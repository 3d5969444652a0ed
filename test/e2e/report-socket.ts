/** A Unix socket to which programs under test tell what they do, in lines of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Report {
  /** The pool. */
  readonly by: string;
  readonly did: 'ready' | 'got' | 'ok' | 'fail';
  readonly name: string;
  readonly serial: number;
  readonly payload: string;
}

export class ReportSocket {
  readonly address: string;
  onReport: (report: Report) => void = () => {};
  readonly #folder: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.address = path.join(folder, 's');
    this.#server = createServer((socket) => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
      // A reporter that is killed resets its connection; what it has told counts.
      socket.on('error', () => socket.destroy());
      createInterface({ input: socket }).on('line', (line) => this.onReport(JSON.parse(line)));
    });
  }

  static open(): Promise<ReportSocket> {
    const reports = new ReportSocket(mkdtempSync(path.join(tmpdir(), 'reports-')));
    return new Promise((resolve, reject) => {
      reports.#server.once('error', reject);
      reports.#server.listen(reports.address, () => resolve(reports));
    });
  }

  close(): void {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
