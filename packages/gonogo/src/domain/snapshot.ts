import type { Rollout, State } from './state.ts';

/**
 * Must change with the shape of `State`, and with what `evolve` makes of events that are written already: snapshots of
 * another version are ignored, and made anew from the journal.
 */
export const snapshotVersion = 5;

/** The same, with what JSON has no word for as lists. A new map in `State` does not compile until it is frozen here. */
type Frozen<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? readonly (readonly [K, V])[]
    : T extends readonly unknown[]
      ? T
      : T extends object
        ? { readonly [P in keyof T]: Frozen<T[P]> }
        : T;

/** A state as text, from which `thaw` makes the same state. */
export const freeze = (state: State): string => JSON.stringify(frozenState(state));

function frozenState({ rollout, pending, ...rest }: State): Frozen<State> {
  const frozen = { ...rest, pending: [...pending] };
  return rollout ? { ...frozen, rollout: frozenRollout(rollout) } : frozen;
}

const frozenRollout = ({ progress, ...rest }: Rollout): Frozen<Rollout> => ({
  ...rest,
  progress: [...progress],
});

/** The state that was frozen by this version; undefined when the text is not whole. */
export function thaw(text: string): State | undefined {
  try {
    const { rollout, pending, ...rest } = JSON.parse(text) as Frozen<State>;
    const state = { ...rest, pending: new Map(pending) };
    return rollout ? { ...state, rollout: { ...rollout, progress: new Map(rollout.progress) } } : state;
  } catch {
    return undefined; // The journal has everything: whoever asked folds that.
  }
}
