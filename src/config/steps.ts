/**
 * Work in steps: a generator that stops wherever others may have a turn, and says nothing there. A daemon that has
 * programs to look after takes the steps in slices, with turns of its event loop between them; whoever has nothing
 * else to do takes them at once.
 *
 * A step should take a fraction of a millisecond. What takes microseconds is done by the dozen: a stop has its price.
 */
export type Steps<T> = Generator<void, T, void>;

/** Whether a step ends behind the nth of many things, counted from 0, of which `size` are one step. */
export function endsStep(nth: number, size: number): boolean {
  return nth % size === size - 1;
}

/** Takes all steps. Throws what they throw. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
