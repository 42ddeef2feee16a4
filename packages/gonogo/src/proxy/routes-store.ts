import { Mutex } from '../system/mutex.ts';
import { loadRoutes, type Stored, saveRoutes } from './routes-file.ts';

export type RoutesStoreOptions = {
  readonly file: string;
  /** True for the one worker that writes the file. */
  readonly writes: boolean;
  /** What was loaded, and is served already. */
  readonly stored: Stored;
  readonly serve: (stored: Stored) => Promise<void>;
};

/** What a proxy has stored, and serves. One change after another: the file never holds older routes than those that are served. */
export class RoutesStore {
  readonly #options: RoutesStoreOptions;
  readonly #changes = new Mutex();
  #stored: Stored;

  constructor(options: RoutesStoreOptions) {
    this.#options = options;
    this.#stored = options.stored;
  }

  get stored(): Stored {
    return this.#stored;
  }

  /** Nothing changes what is stored but `act`, which may `save` or `serve`. */
  inTurn(act: (stored: Stored) => Promise<void>): Promise<void> {
    return this.#changes.run(() => act(this.#stored));
  }

  change(next: (stored: Stored) => Stored): Promise<void> {
    return this.inTurn(async (before) => {
      const stored = next(before);
      if (stored !== before) await this.save(stored);
    });
  }

  /** What the worker that writes has stored. */
  reload(): Promise<void> {
    return this.inTurn(async () => {
      const stored = await loadRoutes(this.#options.file);
      if (stored) await this.serve(stored);
    });
  }

  /** Stores and serves; in turn only. */
  async save(stored: Stored): Promise<void> {
    if (this.#options.writes) await saveRoutes(this.#options.file, stored);
    await this.serve(stored);
  }

  /** Serves what is stored already; in turn only. */
  async serve(stored: Stored): Promise<void> {
    this.#stored = stored;
    await this.#options.serve(stored);
  }
}
