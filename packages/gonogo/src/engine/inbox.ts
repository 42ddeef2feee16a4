import type { Clock } from '../ports/clock.ts';

/** A queue that one loop takes from, with a deadline. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #arrived = Promise.withResolvers<void>();

  put(item: T): void {
    this.#items.push(item);
    this.#arrived.resolve();
  }

  /** The oldest item; undefined when `until` (wall clock) comes first. */
  async take(clock: Clock, until: number | undefined): Promise<T | undefined> {
    if (this.#items.length === 0) await this.#wait(clock, until);
    if (this.#items.length === 0) return undefined;
    const item = this.#items.shift();
    if (this.#items.length === 0) this.#arrived = Promise.withResolvers();
    return item;
  }

  /** Everything that was put and not taken. */
  drain(): T[] {
    return this.#items.splice(0);
  }

  async #wait(clock: Clock, until: number | undefined): Promise<void> {
    if (until === undefined) return this.#arrived.promise;
    const woken = new AbortController();
    // A timer holds at most 2^31 − 1 ms; waking early only asks again.
    const ms = Math.min(Math.max(until - clock.wall(), 0), 2 ** 31 - 1);
    const asleep = clock.sleep(ms, woken.signal).catch(() => undefined); // Rejects only because we woke it.
    await Promise.race([this.#arrived.promise, asleep]);
    woken.abort();
  }
}
