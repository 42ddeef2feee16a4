import { contractSpecs, reachSpecs } from '../../checks/reach.ts';
import type { CheckPlan } from '../../config/project.ts';
import type { CheckSpec } from '../../domain/check.ts';
import { problem } from '../../errors.ts';
import type { Vantage } from '../../ports/vantage.ts';
import type { Place } from './place.ts';

/** Checks, and from where they are asked. */
export type Asked = { readonly specs: readonly CheckSpec[]; readonly at: Vantage };

/**
 * The contract's variables, what it must reach, and the checks, in this order; with tags, only what has one of them.
 * Fails with USAGE when nothing is left to ask, or a path is to be asked of no address.
 */
export function askedOf(plan: CheckPlan, place: Place, tags: readonly string[] | undefined): Asked[] {
  const wanted = (specs: readonly CheckSpec[]): CheckSpec[] =>
    specs.filter((spec) => tags === undefined || spec.tags.some((tag) => tags.includes(tag)));
  const asked = [
    { specs: wanted(contractSpecs(plan.contract)), at: place.vantage },
    { specs: wanted(reachSpecs(plan.contract, place.values)), at: place.reachVantage },
    { specs: wanted(plan.checks), at: place.vantage },
  ];
  if (asked.every(({ specs }) => specs.length === 0)) throw nothing(tags);
  if (place.vantage.base === undefined && plan.checks.some(needsBase)) throw noAddress(plan);
  return asked;
}

const needsBase = (spec: CheckSpec): boolean => spec.kind === 'http' && spec.url.startsWith('/');

const nothing = (tags: readonly string[] | undefined) =>
  problem('USAGE', {
    what: tags
      ? `no check has the tag ${tags.join(' or ')}`
      : 'gonogo.yaml has no checks: and no contract:, so nothing can be proved',
  });

function noAddress({ environments }: CheckPlan) {
  const names = Object.keys(environments);
  const named = names.length > 0 ? `name an environment that is live (${names.join(', ')}), or give` : 'give';
  return problem('USAGE', { what: `it is not known which address to check: ${named} --url` });
}
