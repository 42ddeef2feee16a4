import type { Format } from '../options.ts';
import { print, printJson } from '../output.ts';

/** Tells how a rollout that nobody waits for can be followed later; answers the exit code. */
export function detached(rollout: string, format: Format, done = 'started'): number {
  if (format === 'json') printJson({ rollout });
  else print(`${done} ${rollout}; follow it with: gonogo show ${rollout} --follow`);
  return 0;
}
