import type { Limits } from './limits.ts';

/** What an exchange waits for. */
export type Awaited =
  | 'connection'
  | 'request'
  | 'answer'
  | 'content'
  | 'reader'
  | 'half-closed reader'
  | 'nothing';

/** How long it may go on without a sign of life, in milliseconds. */
export function patienceFor(awaited: Awaited, limits: Limits): number {
  switch (awaited) {
    case 'connection':
      return limits.connect;
    case 'request':
    case 'reader':
      return limits.body;
    case 'answer':
      return limits.answer;
    case 'content':
      return limits.silence;
    case 'half-closed reader':
      return limits.halfClosed;
    case 'nothing':
      return Number.POSITIVE_INFINITY;
  }
}
