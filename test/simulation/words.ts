import type { Event } from '../../packages/gonogo/src/domain/event.ts';
import { describeSplit } from '../../packages/gonogo/src/domain/split.ts';
import type { Touch } from './invariants/invariant.ts';

/** An event in a few words, for a trace. */
export function describe(event: Event): string {
  switch (event.e) {
    case 'planned':
      return `planned ${event.spec.kind} ${event.spec.settings.strategy} of ${event.spec.next.revision} in ${event.spec.next.slot}`;
    case 'intended':
      return `intended ${event.intent.key}`;
    case 'settled':
      return `settled ${event.key} ${event.outcome.is}`;
    case 'ended':
      return `ended ${event.as}`;
    case 'answered':
      return `answered ${event.what}`;
    case 'turned-back':
      return `turned back: ${event.why}`;
    default:
      return event.e;
  }
}

/** A change of the world in a few words, for a trace. */
export function inWords(touch: Touch): string {
  const by = `  ${touch.call.agent} (${touch.call.key})`;
  switch (touch.what) {
    case 'shift':
      return `${by} sends users to ${describeSplit(touch.to)}`;
    case 'members':
      return `${by} tells the router of ${touch.left} members in ${touch.slot}`;
    case 'start':
    case 'stop':
    case 'gone':
      return `${by} ${touch.what}: ${touch.role} in ${touch.slot}`;
    case 'migrate':
    case 'undo':
      return `${by} runs ${touch.what} in ${touch.slot}`;
  }
}
