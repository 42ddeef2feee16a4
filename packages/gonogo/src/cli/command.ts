import type { Command } from 'commander';

/** One verb of the command line: `commands/<name>.ts` exports it, and it is imported only when it is called. */
export type CommandModule = {
  readonly name: string;
  readonly summary: string;
  /** Adds the command, its arguments and options; its action imports what it needs. */
  register(program: Command): void;
};
