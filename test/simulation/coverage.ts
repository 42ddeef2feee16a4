import { type Fault, faults } from './faults.ts';

/** How often each fault struck each kind of step. */
export class Coverage {
  readonly #counts = new Map<string, Map<Fault, number>>();

  hit(fault: Fault, kind: string): void {
    const row = this.row(kind);
    row.set(fault, (row.get(fault) ?? 0) + 1);
  }

  /** A kind of step has been begun: its row is in the table from now on. */
  row(kind: string): Map<Fault, number> {
    let row = this.#counts.get(kind);
    if (!row) {
      row = new Map();
      this.#counts.set(kind, row);
    }
    return row;
  }

  count(fault: Fault, kind: string): number {
    return this.#counts.get(kind)?.get(fault) ?? 0;
  }

  get kinds(): string[] {
    return [...this.#counts.keys()];
  }

  get total(): number {
    return this.kinds.reduce(
      (sum, kind) => sum + faults.reduce((row, fault) => row + this.count(fault, kind), 0),
      0,
    );
  }
}
