import type { StagedFile } from '../system/files.ts';
import { type Stored, stageRoutes } from './routes-file.ts';

/** What is to be stored in place of `from`, for one target's sake. */
export type Staging = { readonly target: string; readonly from: Stored; readonly to: Stored };

type One = Staging & { readonly file: StagedFile };

/** Shifts that are on the disk already and wait for their commit, by token; of each target the last one. */
export class Staged {
  readonly #path: string;
  readonly #open = new Map<string, One>();

  constructor(path: string) {
    this.#path = path;
  }

  async stage(token: string, staging: Staging): Promise<void> {
    for (const [other, { target }] of this.#open) if (target === staging.target) await this.drop(other);
    this.#open.set(token, { ...staging, file: await stageRoutes(this.#path, staging.to) });
  }

  /** Stores what was staged, and answers it; undefined, and nothing is done, when it is not there or `from` is another. */
  async commit(token: string, from: Stored): Promise<Stored | undefined> {
    const one = this.#open.get(token);
    if (one?.from !== from) return undefined;
    this.#open.delete(token);
    await one.file.commit();
    return one.to;
  }

  async drop(token: string): Promise<void> {
    const one = this.#open.get(token);
    this.#open.delete(token);
    await one?.file.discard();
  }
}
