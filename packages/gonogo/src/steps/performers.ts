import type { Performers } from '../ports/performer.ts';
import { Arrivals } from './arrivals.ts';
import { checkStep } from './check.ts';
import { flipStep } from './flip.ts';
import { jobStep } from './job.ts';
import { readyStep } from './ready.ts';
import { scaleStep } from './scale.ts';
import type { Tools } from './tools.ts';
import { watchStep } from './watch.ts';

/** Every kind of work, with how it is done. */
export function performersOf(tools: Tools): Performers {
  const arrivals = new Arrivals(tools.router);
  return {
    check: checkStep(tools),
    scale: scaleStep(tools),
    ready: readyStep(tools),
    job: jobStep(tools),
    flip: flipStep(tools, arrivals),
    watch: watchStep(tools, arrivals),
  };
}
