import type { Values } from '../domain/revision.ts';

/** From where a check is asked, and with what environment. */
export type Vantage = {
  /** In words: `this machine`, `green`. */
  readonly from: string;
  /** What relative URLs are resolved against, as `http://127.0.0.1:3000`; absent: only absolute URLs can be asked. */
  readonly base?: string;
  /** Fills `${NAME}`; is the environment of commands; is where `env` checks look. */
  readonly values: Values;
  /** The folder commands run in. */
  readonly cwd: string;
  /** The source address of connections; absent: the system's choice. */
  readonly localAddress?: string;
  /** A process in whose network, and with whose resolver, everything that is no path of `base` is asked. */
  readonly inside?: { readonly pid: number };
};
