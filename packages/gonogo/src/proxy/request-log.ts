import type { AnswerWriter } from './answer-writer.ts';
import type { Exchange } from './exchange.ts';
import type { Link } from './link.ts';
import type { Serving } from './serving.ts';

/** Whose requests are told of. */
type Side = { readonly link: Link; readonly sink: AnswerWriter; readonly remote: string };

/** Tells the access log of the requests of one connection; without a log it does next to nothing. */
export class RequestLog {
  readonly #serving: Serving;
  readonly #side: Side;
  #since = 0;
  #written = 0;

  constructor(serving: Serving, side: Side) {
    this.#serving = serving;
    this.#side = side;
  }

  begin(): void {
    if (!this.#serving.log()) return;
    this.#side.sink.status = 0;
    this.#since = performance.now();
    this.#written = this.#side.link.socket.bytesWritten;
  }

  /** `cut`: not all of the answer arrived. Nothing is told of what never was a request. */
  end(exchange: Exchange | undefined, cut: boolean): void {
    const log = this.#serving.log();
    if (!log || !exchange || this.#since === 0) return;
    const { method, host = '', target: path } = exchange.head;
    const { link, sink, remote } = this.#side;
    const bytes = link.socket.bytesWritten - this.#written;
    const ms = performance.now() - this.#since;
    this.#since = 0;
    log.write({
      ...{ remote, method, host, path, status: sink.status, bytes, ms, id: exchange.id },
      ...exchange.claim?.place,
      ...(cut ? { cut } : {}),
    });
  }

  /** What could not be read has neither a method nor a path. */
  refused(status: number): void {
    const nothing = { method: '', host: '', path: '', id: '', bytes: 0, ms: 0 };
    this.#serving.log()?.write({ remote: this.#side.remote, ...nothing, status });
  }
}
