import type { SlotId } from '../domain/slot.ts';
import { jobRole } from '../ports/runtime.ts';
import type { Run } from '../ports/vantage.ts';
import { jobSpec } from './job.ts';
import type { Opened, Tools } from './tools.ts';

export type Ahead = { readonly slot: SlotId; readonly opened: Opened; readonly key: string };

/**
 * Runs commands as the instances of a revision will run, before there is one: one after another, because a slot has one
 * job at a time. Nothing of them stays.
 */
export function runAhead(tools: Tools, { slot, opened, key }: Ahead): Run {
  let last: Promise<unknown> = Promise.resolve();
  const one = async (argv: readonly string[], signal: AbortSignal) => {
    signal.throwIfAborted();
    try {
      const spec = await jobSpec(tools, { slot, opened, command: argv });
      const { lines, ...ended } = await tools.runtime.job(spec, `${key} ${argv.join(' ')}`, signal);
      return { ...ended, stdout: lines.join('\n'), stderr: '' };
    } finally {
      await tools.runtime.remove({ ...slot, role: jobRole }, 0);
    }
  };
  return (argv, { signal }) => {
    const next = last.then(() => one(argv, signal));
    last = next.catch(() => undefined); // Whoever asked is told.
    return next;
  };
}
