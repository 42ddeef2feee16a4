import type { Event } from '../domain/event.ts';
import type { Fence } from './leases.ts';

/** Position in a stream: the number of events before it. An empty stream is at 0. */
export type Seq = number;

/** What happened, one stream per environment. Appending is durable when it resolves. */
export interface Journal {
  /** Appends in one transaction; fails with JOURNAL_MOVED unless the stream is at `after` and `fence` is current. */
  append(stream: string, after: Seq, fence: Fence, events: readonly Event[]): Promise<Seq>;
  read(stream: string): Promise<Event[]>;
  streams(): Promise<string[]>;
}
