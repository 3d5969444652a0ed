import { type ConnectOpts, Socket, type SocketConstructorOpts } from 'node:net';
import type { Channel, WriteOutcome } from '../supervisor/ports.ts';
import type { Gathering, GatheringPipe } from './gathering.ts';
import { closeDescriptor, readInto, widenPipe, writeFrom } from './libc/descriptors.ts';
import { EAGAIN } from './libc/errno.ts';

/** About what a pipe holds at first: 16 pages, which lines do not fill to the last byte. */
const FULL_BYTES = 49_152;

/**
 * What it holds once it has been found full: its writer waits for us, and the fewer turns that takes the less both
 * of us have to do.
 */
const WIDE_PIPE_BYTES = 131_072;

/** Of many that write as fast as they can none gains, and whoever wants something else waits longer for a turn. */
const MAX_WIDE_PIPES = 8;
let widePipes = 0;

/** More than any of our pipes holds, for Node goes on reading one pipe up to 32 times as long as the buffer gets full. */
const READ_BYTES = 262_144;

/** One for all pipes: it is filled and handed over in one go, and nobody may keep it. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

export interface OutputPipeOwner {
  /** `bytes` is only valid during the call. */
  output(channel: Channel, bytes: Uint8Array): void;
  /** Once: at the end of the file, on a read error, or by {@link OutputPipe.cut}. */
  sealed(channel: Channel): void;
}

/** Our end of a child's stdout or stderr. Owns the descriptor. */
export class OutputPipe implements GatheringPipe {
  readonly #fd: number;
  readonly #channel: Channel;
  readonly #owner: OutputPipeOwner;
  readonly #gathering: Gathering | undefined;
  readonly #socket: Socket;
  #sealed: boolean = false;
  #wide: boolean = false;

  /** Without `gathering` it is listened to all the time. */
  constructor(fd: number, channel: Channel, owner: OutputPipeOwner, gathering?: Gathering) {
    this.#fd = fd;
    this.#channel = channel;
    this.#owner = owner;
    this.#gathering = gathering;
    // `onread` is missing from the types of the constructor, but is its option as much as connect's.
    const options: SocketConstructorOpts & Pick<ConnectOpts, 'onread'> = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer: readBuffer, callback: (count) => this.#received(count) },
    };
    this.#socket = new Socket(options);
    // A pipe that cannot be read has nothing more to tell: an error is an end.
    const cut = (): void => this.cut();
    this.#socket.once('end', cut).once('error', cut);
  }

  get sealed(): boolean {
    return this.#sealed;
  }

  /**
   * Hands over what the pipe holds now, at most about `limit` bytes. Returns whether the end was reached; the
   * caller then calls {@link cut} when it suits.
   */
  drain(limit: number): boolean {
    if (this.#sealed || this.#socket.destroyed) return true;
    for (let taken = 0; taken < limit; ) {
      const count = readInto(this.#fd, readBuffer);
      if (count === -EAGAIN) return false;
      if (count <= 0) return true;
      taken += count;
      this.#owner.output(this.#channel, readBuffer.subarray(0, count));
    }
    return false;
  }

  /** Closes the descriptor and seals. Calling it again does nothing. */
  cut(): void {
    if (this.#sealed) return;
    this.#sealed = true;
    if (this.#wide) widePipes -= 1;
    this.#gathering?.forget(this);
    this.#socket.destroy();
    this.#owner.sealed(this.#channel);
  }

  /** A pause is over: what has gathered is taken. */
  collect(): void {
    if (this.#sealed || this.#socket.destroyed) return;
    const count = readInto(this.#fd, readBuffer);
    if (count <= 0 && count !== -EAGAIN) {
      this.cut();
      return;
    }
    let paused = false;
    try {
      paused = count > 0 && this.#took(count);
    } finally {
      // This is how Node itself begins to listen.
      if (!paused && !this.#sealed) this.#socket.read(0);
    }
  }

  /** Tried once, whether it works or not. */
  #widen(): void {
    this.#wide = true;
    widePipes += 1;
    widenPipe(this.#fd, WIDE_PIPE_BYTES);
  }

  /** Returns whether to go on listening. */
  #received(count: number): boolean {
    if (count >= FULL_BYTES && !this.#wide && widePipes < MAX_WIDE_PIPES) this.#widen();
    return !this.#took(count);
  }

  /** Returns whether the pipe is left alone for now. */
  #took(count: number): boolean {
    if (this.#sealed) return false;
    this.#owner.output(this.#channel, readBuffer.subarray(0, count));
    // What has been handed over may have led to its end.
    return !this.#sealed && this.#gathering?.delivered(this, count) === true;
  }
}

/**
 * Bytes that wait for one slow child at most. A write that would make it more is refused as a whole, unless nothing
 * waits: a single event or text may be larger, and would never get through.
 */
export const INPUT_QUEUE_CAP = 16 * 1024 * 1024;

/** Large writes go down in slices, so that `unwritten` is right to within one of them. */
const SLICE_BYTES = 65_536;

/**
 * Our end of a child's stdin. Owns the descriptor, which is written to directly for as long as the child
 * keeps up; the socket that waits for a full pipe to drain is only made when that first happens.
 */
export class InputPipe {
  readonly #fd: number;
  #socket: Socket | undefined;
  #queue: Uint8Array[] = [];
  /** What stands before this in the queue has been written: shifting a long array is not free. */
  #head = 0;
  #unwritten = 0;
  #open: boolean = true;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get unwritten(): number {
    return this.#unwritten;
  }

  write(bytes: Uint8Array): WriteOutcome {
    if (!this.#open) return 'closed';
    if (bytes.byteLength === 0) return 'accepted';
    if (this.#unwritten > 0) {
      if (this.#unwritten + bytes.byteLength > INPUT_QUEUE_CAP) return 'full';
      this.#enqueue(bytes);
      return 'accepted';
    }
    const count = writeFrom(this.#fd, bytes);
    if (count === bytes.byteLength) return 'accepted';
    if (count < 0 && count !== -EAGAIN) {
      this.close();
      return 'closed';
    }
    this.#enqueue(count > 0 ? bytes.subarray(count) : bytes);
    this.#writeNext();
    return 'accepted';
  }

  /** What has not been written by now is lost. Calling it again does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#queue = [];
    this.#unwritten = 0;
    if (this.#socket === undefined) closeDescriptor(this.#fd);
    else this.#socket.destroy();
  }

  #enqueue(bytes: Uint8Array): void {
    this.#unwritten += bytes.byteLength;
    for (let from = 0; from < bytes.byteLength; from += SLICE_BYTES) {
      this.#queue.push(bytes.subarray(from, from + SLICE_BYTES));
    }
  }

  #writeNext(): void {
    const slice = this.#nextSlice();
    if (slice === undefined) return;
    this.#waiter().write(slice, (error) => {
      if (error) return this.close();
      if (!this.#open) return;
      this.#unwritten -= slice.byteLength;
      this.#writeNext();
    });
  }

  #nextSlice(): Uint8Array | undefined {
    // Half of the array at a time, so that forgetting costs no more than appending did.
    if (this.#head * 2 >= this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    const slice = this.#queue[this.#head];
    if (slice !== undefined) this.#head += 1;
    return slice;
  }

  #waiter(): Socket {
    if (this.#socket !== undefined) return this.#socket;
    const socket = new Socket({ fd: this.#fd, readable: false, writable: true });
    socket.once('error', () => this.close());
    this.#socket = socket;
    return socket;
  }
}
