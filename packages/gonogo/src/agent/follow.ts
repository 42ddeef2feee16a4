import type { Progress } from '../api/contract.ts';

/** Everything that was told of one rollout, for those who follow it from now and those who come later. */
export class Broadcast {
  readonly #told: Progress[] = [];
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake = Promise.withResolvers<void>();

  tell(progress: Progress): void {
    this.#told.push(progress);
    this.#stir();
  }

  /** Puts what was told before this agent lived in front of everything, unless the first event is here already. */
  begin(earlier: readonly Progress[]): void {
    const [first] = this.#told;
    if (first && 'event' in first && first.event.e === 'planned') return;
    const known = this.#told.filter((progress) => 'event' in progress).length;
    this.#told.unshift(...earlier.slice(0, Math.max(0, earlier.length - known)));
    this.#stir();
  }

  end(): void {
    this.#ended = true;
    this.#stir();
  }

  /** Nothing more will be told, because of this; whoever listens is told the problem. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#stir();
  }

  /** From the first on, until the end; ends early when the listener goes. */
  async *listen(signal: AbortSignal): AsyncIterable<Progress> {
    const gone = new Promise<void>((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    for (let next = 0; !signal.aborted; ) {
      const progress = this.#told[next];
      if (progress) {
        next++;
        yield progress;
      } else if (this.#failure) throw this.#failure.error;
      else if (this.#ended) return;
      else await Promise.race([this.#wake.promise, gone]);
    }
  }

  #stir(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
