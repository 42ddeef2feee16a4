import type { Millis } from '../domain/units.ts';
import { isAway } from '../errors.ts';
import type { Call } from '../ports/performer.ts';
import type { Tools } from './tools.ts';

/** What is restarted is away for seconds; what is away for longer has to be looked after. */
const patience: Millis = 30_000;
const pause: Millis = 250;

/**
 * Puts something back, again and again while what it needs is away: an engine that is restarted in the middle of a
 * rollout must not leave half of it. On the way forward there is nothing to wait for: what is away is a NO-GO.
 */
export async function patiently<T>(
  { clock }: Pick<Tools, 'clock'>,
  { direction, signal }: Pick<Call, 'direction' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  const until = clock.mono() + (direction === 'undo' ? patience : 0);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || clock.mono() >= until) throw error;
      await clock.sleep(pause, signal);
    }
  }
}
