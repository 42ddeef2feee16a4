import type { Coverage } from './coverage.ts';
import { type Fault, faults, gateFaults } from './faults.ts';

export type Pair = { readonly fault: Fault; readonly kind: string };

/** Every kind of step that the strategies' plans hold. */
export const kinds: readonly string[] = [
  'preflight',
  'start',
  'reach',
  'ready',
  'smoke',
  'still-works',
  'migrate',
  'take-back',
  'ask',
  'flip',
  'watch',
  'stop',
  'undo flip',
  'undo start',
  'undo ready',
  'undo stop',
  'undo still-works',
  'retire',
];

type Impossible = {
  readonly faults: readonly Fault[];
  readonly kinds: readonly string[];
  readonly why: string;
};

/** Pairs that cannot occur, and why. */
const impossible: readonly Impossible[] = [
  { faults: ['degraded'], kinds: ['preflight'], why: 'nothing of the new revision runs yet' },
  {
    faults: faults.filter((fault) => !gateFaults.includes(fault)),
    kinds: ['ask'],
    why: 'nobody performs a gate: it waits for an answer',
  },
];

/** The pairs that cannot occur, in words: each reason once. */
export const impossibleInWords = (): string[] =>
  impossible.map(({ faults: of, kinds: at, why }) => `${of.join(', ')} × ${at.join(', ')}: ${why}`);

export const whyImpossible = ({ fault, kind }: Pair): string | undefined =>
  impossible.find((one) => one.faults.includes(fault) && one.kinds.includes(kind))?.why;

/** The pairs that can occur and did not. */
export const unhit = (coverage: Coverage): Pair[] =>
  kinds
    .flatMap((kind) => faults.map((fault) => ({ fault, kind })))
    .filter((pair) => coverage.count(pair.fault, pair.kind) === 0 && whyImpossible(pair) === undefined);
