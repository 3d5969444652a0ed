/**
 * Hands letters to a reader one after the other: what is sent while one is read waits until the reader is done with
 * it. When the reader throws, the sender hears of it, and letters that wait are dropped.
 */
export class Mailbox<Letter> {
  readonly #read: (letter: Letter) => void;
  #waiting: Letter[] = [];
  #reading = false;

  constructor(read: (letter: Letter) => void) {
    this.#read = read;
  }

  send(letter: Letter): void {
    this.#waiting.push(letter);
    this.#work();
  }

  /** Goes before all that wait. */
  sendFirst(letter: Letter): void {
    this.#waiting.unshift(letter);
    this.#work();
  }

  #work(): void {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        this.#read(next);
    } finally {
      this.#waiting = [];
      this.#reading = false;
    }
  }
}
