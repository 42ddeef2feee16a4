import type { Event } from '../../../packages/gonogo/src/domain/event.ts';
import { evolve } from '../../../packages/gonogo/src/domain/evolve.ts';
import { emptyState, type State } from '../../../packages/gonogo/src/domain/state.ts';
import type { SimulatedLeases } from './lease.ts';

/** The journal of one environment, folded as it grows. */
export class SimulatedJournal {
  readonly events: Event[] = [];
  /** Keys of all work that was ever intended. */
  readonly intended = new Set<string>();
  state: State = emptyState;
  /** What an agent kept when it had nothing to do: whoever opens the stream next may begin there. */
  kept: State = emptyState;
  readonly #leases: SimulatedLeases;

  constructor(leases: SimulatedLeases) {
    this.#leases = leases;
  }

  /** Why events may not be appended, if they may not: all of them or none. */
  refusal(after: number, fence: number): 'JOURNAL_MOVED' | 'LEASE_LOST' | undefined {
    if (after !== this.events.length) return 'JOURNAL_MOVED';
    return fence === this.#leases.fence ? undefined : 'LEASE_LOST';
  }

  append(event: Event): void {
    this.events.push(event);
    if (event.e === 'intended') this.intended.add(event.intent.key);
    this.state = evolve(this.state, event);
  }
}
