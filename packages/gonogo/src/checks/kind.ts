import type { CheckKind, CheckResult, CheckSpec } from '../domain/check.ts';
import type { Millis } from '../domain/units.ts';
import type { Vantage } from '../ports/vantage.ts';

/** What one attempt at a check found. */
export type Answer = Pick<CheckResult, 'verdict' | 'subject' | 'saw' | 'hint' | 'failure' | 'scope'> & {
  /** How long what was asked took, where that is less than the check itself. */
  readonly ms?: Millis;
};

/** The circumstances in which a check is asked. */
export type Asking = {
  readonly at: Vantage;
  /** Aborts at the attempt's deadline; whatever the check holds is freed then. */
  readonly signal: AbortSignal;
  readonly timeout: Millis;
  /** For texts that are cut: a secret that was cut in half could not be found any more. */
  readonly redact: (text: string) => string;
};

export type SpecOf<K extends CheckKind> = Extract<CheckSpec, { kind: K }>;

/** One kind of check: asks once. */
export type Kind<K extends CheckKind> = (spec: SpecOf<K>, asking: Asking) => Promise<Answer>;

export const pass = (saw: string): Answer => ({ verdict: 'pass', saw });

export const warn = (failure: string, saw: string, hint: string): Answer => ({
  verdict: 'warn',
  saw,
  hint,
  failure,
});

/** A failure of a named class, with what to do about it where something can be said. */
export const fail = (failure: string, saw: string, hint?: string): Answer =>
  hint === undefined ? { verdict: 'fail', saw, failure } : { verdict: 'fail', saw, hint, failure };

/** Whether a check is asked from inside: a path of the service is asked through its address, a variable needs no network. */
export const isAskedInside = (spec: CheckSpec, { inside }: Vantage): boolean =>
  inside !== undefined &&
  (spec.kind === 'tcp' || spec.kind === 'postgres' || (spec.kind === 'http' && !spec.url.startsWith('/')));
