/**
 * An Observable whose observers cannot bring down the process. RxJS catches what an observer throws and throws it
 * again from a timer of its own, past everybody who could handle it; here it is caught one step earlier.
 *
 * - What an observer throws, or rejects with, is reported, and it stays subscribed.
 * - An error that ends a piped subscription, such as that of a function given to `map`, goes to the observer's own
 *   `error`; without one it is reported.
 *
 * What pipe() returns is guarded too. Out of reach are observers behind a Subject or another source that RxJS makes
 * from this one, such as `merge(…)`: those subscribe somewhere else.
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';

/** Must not throw itself. */
export type Report = (error: unknown) => void;

/** Makes the report for what is being delivered at the moment of the call: a rejection comes later. */
export type ReportNow = () => Report;

type Callback = (...values: never[]) => unknown;

export class GuardedObservable<T> extends Observable<T> {
  readonly #reportNow: ReportNow;

  constructor(reportNow: ReportNow, subscribe?: (subscriber: Subscriber<T>) => () => void) {
    super(subscribe);
    this.#reportNow = reportNow;
  }

  /** Called by RxJS's operators to make the Observable that they return. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new GuardedObservable<R>(this.#reportNow);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator's inner end: it hands errors on to its own observer, which is guarded.
    if (isSubscriber(observerOrNext)) return super.subscribe(observerOrNext);
    const observer =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : { next: observerOrNext, error, complete };
    return super.subscribe(this.#guard(observer));
  }

  /** Looks the methods up at each call, as RxJS does. */
  #guard(observer: { readonly [M in keyof Observer<T>]?: Callback | null | undefined }): Observer<T> {
    const call = (method: keyof Observer<T>, ...values: unknown[]): void => {
      const report = this.#reportNow();
      try {
        const result: unknown = observer[method]?.(...(values as never[]));
        if (result instanceof Promise) result.catch(report);
      } catch (thrown) {
        report(thrown);
      }
    };
    return {
      next: (value) => call('next', value),
      error: (reason: unknown) => {
        if (typeof observer.error === 'function') call('error', reason);
        else this.#reportNow()(reason);
      },
      complete: () => call('complete'),
    };
  }
}

/** By its shape too: the program around may have a copy of RxJS of its own. */
function isSubscriber<T>(value: unknown): value is Subscriber<T> {
  if (value instanceof Subscriber) return true;
  return (
    typeof value === 'object' && value !== null && 'closed' in value && 'add' in value && 'remove' in value
  );
}
