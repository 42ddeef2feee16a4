import type { Fault } from './faults.ts';

/** How often each fault struck each kind of step. */
export class Coverage {
  /** By kind of step; one that was begun has a row. */
  readonly hits = new Map<string, Map<Fault, number>>();

  hit(fault: Fault, kind: string, times = 1): void {
    const row = this.row(kind);
    row.set(fault, (row.get(fault) ?? 0) + times);
  }

  /** A kind of step has been begun: its row is in the table from now on. */
  row(kind: string): Map<Fault, number> {
    let row = this.hits.get(kind);
    if (!row) {
      row = new Map();
      this.hits.set(kind, row);
    }
    return row;
  }

  /** What was struck elsewhere as well. */
  add(hits: Coverage['hits']): void {
    for (const [kind, row] of hits) {
      this.row(kind);
      for (const [fault, times] of row) this.hit(fault, kind, times);
    }
  }

  count(fault: Fault, kind: string): number {
    return this.hits.get(kind)?.get(fault) ?? 0;
  }

  get kinds(): string[] {
    return [...this.hits.keys()];
  }
}
