import type { SlotName } from '../../../packages/gonogo/src/domain/slot.ts';
import { type Split, sameSplit } from '../../../packages/gonogo/src/domain/split.ts';
import type { Instance } from './runtime.ts';

/** A shift that was prepared and may be committed once. */
export type Ticket = { readonly generation: number; readonly to: Split; readonly fence: number };

/** What sends users to a slot: compare-and-swap on a generation, refusing whoever comes with an old lease. */
export class SimulatedRouter {
  /** What it says, and what its data plane does; they differ only in the middle of a shift. */
  stored: Split = 'nobody';
  served: Split = 'nobody';
  generation = 0;
  fence = 0;
  readonly members: Record<SlotName, readonly Instance[]> = { blue: [], green: [] };
  /** When a stranger has changed it last, and when one of ours has seen since that it is as it should be. */
  meddledAt = -1;
  meddles = 0;
  confirmedAt = -1;
  /** Users are not where the journal says they are, and everybody who could know has been told. */
  displaced = false;

  prepare(from: Split, to: Split, fence: number): Ticket | 'moved' | 'fenced' {
    if (fence < this.fence) return 'fenced';
    if (!sameSplit(this.stored, from)) return 'moved';
    this.fence = fence;
    return { generation: this.generation, to, fence };
  }

  /** Stores the new split; the data plane follows a moment later. */
  commit({ generation, to, fence }: Ticket): 'done' | 'moved' | 'fenced' {
    if (fence < this.fence) return 'fenced';
    if (generation !== this.generation) return 'moved';
    this.stored = to;
    this.generation++;
    return 'done';
  }

  /** The data plane serves what is stored. */
  serve(): void {
    this.served = this.stored;
  }

  /** Somebody who is none of ours sends users elsewhere. */
  meddle(to: Split, step: number): void {
    this.stored = to;
    this.served = to;
    this.generation++;
    this.meddledAt = step;
    this.meddles++;
    this.displaced = true;
  }

  get meddled(): boolean {
    return this.meddledAt > this.confirmedAt;
  }
}
