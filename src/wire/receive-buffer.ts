import { RemoteProtocolError } from './errors.ts';

/** What a reader answers when the frame is not complete yet. Nothing has been consumed that it still needs. */
export const NEED_DATA = Symbol('NEED_DATA');

/** Takes one frame from the front of the buffer and leaves what follows. Throws RemoteProtocolError. */
export type Reader<F> = (buffer: ReceiveBuffer) => F | typeof NEED_DATA;

/**
 * Readers cap their frames well below this. It is the last fence against an owner that appends without
 * reading.
 */
export const MAX_BUFFERED_BYTES = 80 * 1024 * 1024;

const INITIAL_CAPACITY = 1024;
/** An empty buffer that has grown beyond this gives its memory back. */
const KEPT_CAPACITY = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Bytes that have arrived and are not consumed yet, in one piece. All operations together take time linear in
 * the bytes appended: room is made by doubling, or by moving at most half of the capacity to the front, and a
 * search for the end of a line goes on where the one before it ended.
 */
export class ReceiveBuffer {
  readonly #limit: number;
  #store = new Uint8Array(INITIAL_CAPACITY);
  #start = 0;
  #end = 0;
  /** No line feed lies between `#start` and here. */
  #searched = 0;

  constructor(limit: number = MAX_BUFFERED_BYTES) {
    this.#limit = limit;
  }

  /** Bytes waiting. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Copies the bytes in. Throws RemoteProtocolError `buffer-overflow`; then nothing was taken. */
  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#limit) {
      throw new RemoteProtocolError('buffer-overflow', `at most ${this.#limit} bytes`, this.peek());
    }
    if (this.#end + bytes.length > this.#store.length) this.#makeRoom(bytes.length);
    this.#store.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** What is waiting, without consuming it: a view that is valid until the next call that changes the buffer. */
  peek(): Uint8Array {
    return this.#store.subarray(this.#start, this.#end);
  }

  /** The byte at an offset from the front, undefined beyond the end. */
  at(offset: number): number | undefined {
    return offset < this.length ? this.#store[this.#start + offset] : undefined;
  }

  /** Offset of the first line feed among the first `within` bytes, or -1. */
  findLineFeed(within: number): number {
    const stop = Math.min(this.#end, this.#start + within);
    if (this.#searched >= stop) return -1;
    const found = this.#store.subarray(this.#searched, stop).indexOf(LINE_FEED);
    this.#searched = found === -1 ? stop : this.#searched + found;
    return found === -1 ? -1 : this.#searched - this.#start;
  }

  /** Consumes the first bytes and returns a copy of them; the caller has checked that they are there. */
  take(count: number): Uint8Array {
    const taken = this.#store.slice(this.#start, this.#start + count);
    this.skip(count);
    return taken;
  }

  /** Consumes the first bytes. */
  skip(count: number): void {
    this.#start += count;
    if (this.#start >= this.#end) this.clear();
    else if (this.#searched < this.#start) this.#searched = this.#start;
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
    this.#searched = 0;
    if (this.#store.length > KEPT_CAPACITY) this.#store = new Uint8Array(INITIAL_CAPACITY);
  }

  #makeRoom(more: number): void {
    const { length } = this;
    const needed = length + more;
    if (needed * 2 <= this.#store.length) {
      this.#store.copyWithin(0, this.#start, this.#end);
    } else {
      const store = new Uint8Array(Math.max(needed, this.#store.length) * 2);
      store.set(this.peek());
      this.#store = store;
    }
    this.#searched -= this.#start;
    this.#start = 0;
    this.#end = length;
  }
}
