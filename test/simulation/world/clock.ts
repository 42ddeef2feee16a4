/** A wall clock that jumps, and a monotonic one that never does. Both in milliseconds. */
export class SimulatedClock {
  mono = 0;
  #offset = 1_000_000_000;

  wall(): number {
    return this.mono + this.#offset;
  }

  pass(ms: number): void {
    this.mono += ms;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.#offset += ms;
  }
}
