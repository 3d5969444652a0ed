/**
 * Stands in for `net.Socket` on a pipe's descriptor, which Bun does not read and write as Node does. It looks at
 * the pipe every few milliseconds: no way to run a daemon, but enough to see the C library's part of it at work.
 * See ../run-on-musl.mjs.
 */
import { EventEmitter } from 'node:events';
import { closeSync, readSync, writeSync } from 'node:fs';

const LOOK_MS = 3;

export class Socket extends EventEmitter {
  destroyed = false;
  #fd;
  #onread;
  #queue = [];
  #timer;

  constructor({ fd, readable, onread }) {
    super();
    this.#fd = fd;
    const buffer = Buffer.alloc(65_536);
    const tell = (count) => this.emit('data', Buffer.from(buffer.subarray(0, count)));
    this.#onread = onread ?? { buffer, callback: tell };
    this.#timer = setInterval(() => (readable === false ? this.#write() : this.#read()), LOOK_MS);
  }

  write(bytes, done) {
    this.#queue.push({ bytes, done });
    this.#write();
  }

  destroy() {
    if (this.destroyed) return;
    this.destroyed = true;
    clearInterval(this.#timer);
    closeSync(this.#fd);
    queueMicrotask(() => this.emit('close'));
  }

  #read() {
    const { buffer, callback } = this.#onread;
    while (!this.destroyed) {
      const count = this.#attempt(() => readSync(this.#fd, buffer, 0, buffer.length, null));
      if (count === undefined) return;
      if (count > 0) callback(count, buffer);
      else {
        this.emit('end');
        this.destroy();
      }
    }
  }

  #write() {
    while (!this.destroyed && this.#queue.length > 0) {
      const [first] = this.#queue;
      const count = this.#attempt(() => writeSync(this.#fd, first.bytes));
      if (count === undefined) return;
      first.bytes = first.bytes.subarray(count);
      if (first.bytes.length > 0) continue;
      this.#queue.shift();
      first.done();
    }
  }

  /** undefined: not now, or never again. */
  #attempt(call) {
    try {
      return call();
    } catch (error) {
      if (error.code !== 'EAGAIN') this.emit('error', error);
      return undefined;
    }
  }
}
