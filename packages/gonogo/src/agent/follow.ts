import type { Progress } from '../api/contract.ts';

/** Everything that was told of one rollout, for those who follow it from now and those who come later. */
export class Broadcast {
  readonly #told: Progress[] = [];
  #ended = false;
  #wake = Promise.withResolvers<void>();

  tell(progress: Progress): void {
    this.#told.push(progress);
    this.#stir();
  }

  end(): void {
    this.#ended = true;
    this.#stir();
  }

  /** From the first on, until the end; ends early when the listener goes. */
  async *listen(signal: AbortSignal): AsyncIterable<Progress> {
    const gone = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    for (let next = 0; !signal.aborted; ) {
      const progress = this.#told[next];
      if (progress) {
        next++;
        yield progress;
      } else if (this.#ended) return;
      else await Promise.race([this.#wake.promise, gone]);
    }
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
