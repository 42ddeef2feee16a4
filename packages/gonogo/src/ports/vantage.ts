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
  /** The account commands run as; absent: this process's own. */
  readonly account?: { readonly uid: number; readonly gid: number };
  /** The source address of connections; absent: the system's choice. */
  readonly localAddress?: string;
  /** Runs a command where the service has files of its own; absent: this process does, in `cwd` and with `values`. */
  readonly run?: Run;
  /** For what has a network of its own; absent: everything is asked from this process. */
  readonly inside?: Inside;
};

/** Why something cannot be done by a driver, in one sentence. */
export type Gap = { readonly gap: string };

/** Runs a command with the service's environment and `env` on top; the command is ended on abort. */
export type Run = (argv: readonly string[], options: RunOptions) => Promise<Ran>;

/** A place with its own network and resolver. What is asked by a path of `base` is asked from outside. */
export type Inside = {
  /** A process that lives there: its number and what tells it from a later one with the same number. */
  readonly process: { readonly boot: string; readonly pid: number; readonly startTime: string };
  /** What `base` is, seen from inside. */
  readonly base: string;
};

export type RunOptions = {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
};

/** How a command ended; rejects with ENOENT or EACCES when it could not be started. */
export type Ran = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};
