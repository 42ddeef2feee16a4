import { freeze, snapshotVersion, thaw } from '../domain/snapshot.ts';
import { emptyState, type State } from '../domain/state.ts';
import type { Journal, Seq } from '../ports/journal.ts';

/** Folding so many events takes less time than keeping a snapshot after every rollout would. */
const every = 100;

/** The snapshots of one stream: where opening it begins, and when another one is worth keeping. */
export class Snapshots {
  readonly #journal: Journal;
  readonly #stream: string;
  #newest: Seq = 0;

  constructor(journal: Journal, stream: string) {
    this.#journal = journal;
    this.#stream = stream;
  }

  /** The state of the newest snapshot; the empty one when there is none that can be used. */
  async open(): Promise<State> {
    const found = await this.#journal.snapshot(this.#stream, snapshotVersion);
    const state = found && thaw(found.state);
    if (state?.seq !== found?.seq) return emptyState;
    this.#newest = state?.seq ?? 0;
    return state ?? emptyState;
  }

  /** Keeps this state in the background if enough has happened since the last one. */
  keep(state: State): void {
    if (state.seq - this.#newest < every) return;
    this.#newest = state.seq;
    const snapshot = { seq: state.seq, version: snapshotVersion, state: freeze(state) };
    // A store that cannot be written is told of by the next append, which matters; a snapshot that is lost is made anew.
    this.#journal.keepSnapshot(this.#stream, snapshot).catch(() => undefined);
  }
}
