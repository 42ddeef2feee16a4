import type { Values } from '../domain/revision.ts';
import type { Instant } from '../domain/units.ts';

/** Where values lie: a folder of its own, mode 0700, files 0600, never in the journal or a log. */
export interface Vault {
  put(revision: string, values: Values): Promise<void>;
  open(revision: string): Promise<Values>;
  forget(revision: string): Promise<void>;
  /** The revisions that have values here, and when these were stored. */
  list(): Promise<readonly { readonly revision: string; readonly at: Instant }[]>;
  /** Keyed digest of values (HMAC-SHA-256, hex), so that equal values have equal ids and no secret can be guessed. */
  sign(values: Values): Promise<string>;
}
