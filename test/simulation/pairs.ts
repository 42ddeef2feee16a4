import type { Coverage } from './coverage.ts';
import { type Fault, faults } from './faults.ts';

export type Pair = { readonly fault: Fault; readonly kind: string };

/** Every kind of step that the strategies' plans hold. */
export const kinds: readonly string[] = [
  'preflight',
  'start',
  'reach',
  'ready',
  'smoke',
  'flip',
  'watch',
  'stop',
  'undo flip',
  'undo start',
  'undo ready',
  'undo stop',
  'retire',
];

/** Pairs that cannot occur, and why. */
const impossible: readonly {
  readonly fault: Fault;
  readonly kinds: readonly string[];
  readonly why: string;
}[] = [
  { fault: 'degraded', kinds: ['preflight'], why: 'nothing of the new revision runs yet' },
  { fault: 'degraded', kinds: ['stop'], why: 'what is stopped is stopped before the new revision starts' },
  {
    fault: 'degraded',
    kinds: ['undo start', 'undo ready'],
    why: 'the new revision is gone before the old one starts again',
  },
];

export const whyImpossible = ({ fault, kind }: Pair): string | undefined =>
  impossible.find((one) => one.fault === fault && one.kinds.includes(kind))?.why;

/** The pairs that can occur and did not. */
export const unhit = (coverage: Coverage): Pair[] =>
  kinds
    .flatMap((kind) => faults.map((fault) => ({ fault, kind })))
    .filter((pair) => coverage.count(pair.fault, pair.kind) === 0 && whyImpossible(pair) === undefined);
