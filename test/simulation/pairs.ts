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

const gateIsNotPerformed: readonly Fault[] = faults.filter((fault) => !gateFaults.includes(fault));

/** Pairs that cannot occur, and why. */
const impossible: readonly {
  readonly fault: Fault;
  readonly kinds: readonly string[];
  readonly why: string;
}[] = [
  { fault: 'degraded', kinds: ['preflight'], why: 'nothing of the new revision runs yet' },
  ...gateIsNotPerformed.map((fault) => ({
    fault,
    kinds: ['ask'],
    why: 'nobody performs a gate: it waits for an answer',
  })),
];

export const whyImpossible = ({ fault, kind }: Pair): string | undefined =>
  impossible.find((one) => one.fault === fault && one.kinds.includes(kind))?.why;

/** The pairs that can occur and did not. */
export const unhit = (coverage: Coverage): Pair[] =>
  kinds
    .flatMap((kind) => faults.map((fault) => ({ fault, kind })))
    .filter((pair) => coverage.count(pair.fault, pair.kind) === 0 && whyImpossible(pair) === undefined);
