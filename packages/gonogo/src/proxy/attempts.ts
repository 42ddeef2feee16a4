import type { Claim } from './claim.ts';
import type { Sending } from './sending.ts';
import type { Asker, UpstreamConnection } from './upstream-connection.ts';

/** Which instance is asked for an answer, and whether another one may be. */
export class Attempts {
  readonly #asker: Asker;
  readonly #sending: Sending;
  claim: Claim | undefined;
  connection: UpstreamConnection | undefined;
  #repeated = false;
  #elsewhere = false;

  constructor(asker: Asker, sending: Sending) {
    this.#asker = asker;
    this.#sending = sending;
  }

  /** Its own slot has nothing there, and the other one is asked. */
  get isElsewhere(): boolean {
    return this.#elsewhere;
  }

  begin(claim: Claim): void {
    this.claim = claim;
    this.#ask(claim, false);
  }

  /**
   * Asks once more on a fresh connection, if it may: at most once, and only where the instance cannot have acted on it, or
   * where acting twice is the same. It is asked of another instance, where there is one: this one cannot be reached, or was
   * killed a moment ago and still takes connections.
   */
  repeat(): boolean {
    const { claim, connection } = this;
    if (!claim || !connection || !this.#mayRepeat(connection)) return false;
    this.#repeated = true;
    claim.moveOn();
    this.#ask(claim, true);
    return true;
  }

  /** Asks the other slot for what was answered 404, if it may have it; `counted`: whether users asked. */
  moveElsewhere(status: number, counted: boolean): boolean {
    const elsewhere = status === 404 && this.#sending.isRead ? this.claim?.retryElsewhere() : undefined;
    if (!elsewhere) return false;
    this.connection?.abandon();
    this.claim?.release({ failed: false, counted });
    this.#elsewhere = true;
    this.begin(elsewhere);
    return true;
  }

  #mayRepeat(connection: UpstreamConnection): boolean {
    if (this.#repeated || !this.#sending.replayable) return false;
    return !connection.connected || (connection.reused && !connection.heard && this.#sending.repeatable);
  }

  #ask(claim: Claim, fresh: boolean): void {
    this.connection = claim.upstream.take(this.#asker, { fresh, repeatable: this.#sending.repeatable });
    this.#sending.through(this.connection, claim.host);
  }
}
