import type { RolloutDetail } from '../../api/contract.ts';
import { numberOf, type VersionName } from './versions.ts';

/** How a chapter must end; a NO-GO names the step that finds the mistake. */
export type Expected = { readonly verdict: 'GO' } | { readonly verdict: 'NO-GO'; readonly step: string };

export type Chapter = {
  readonly title: string;
  /** What happens and why it matters, for the person who watches. */
  readonly text: string;
  readonly act: 'deploy' | 'rollback';
  /** The release that is taken live, or gone back to. */
  readonly version: VersionName;
  /** Deployed to staging first. */
  readonly rehearsed: boolean;
  readonly expected: Expected;
  /** The version users meet afterwards. */
  readonly serves: VersionName;
  /** How often users' traffic is moved. */
  readonly flips: number;
};

/** What a chapter came to. */
export type Told = {
  readonly chapter: Chapter;
  /** From the command to its end, in milliseconds. */
  readonly ms: number;
  readonly rollout: RolloutDetail;
  readonly rehearsal?: RolloutDetail;
  /** The version that the front answered with afterwards, as `2.0.0`. */
  readonly served: string;
};

const go: Expected = { verdict: 'GO' };
const noGo = (step: string): Expected => ({ verdict: 'NO-GO', step });

export const story: readonly Chapter[] = [
  {
    title: 'v1 goes live',
    text: 'The very first release of the shop. Its two instances start in private, are tested there, and only then do users get a route to them.',
    act: 'deploy',
    version: 'v1',
    rehearsed: false,
    expected: go,
    serves: 'v1',
    flips: 1,
  },
  {
    title: 'v2, blue/green',
    text: 'A new colour. A complete second set of instances is proved beside the first while users stay where they are; then one flip moves them all.',
    act: 'deploy',
    version: 'v2',
    rehearsed: false,
    expected: go,
    serves: 'v2',
    flips: 1,
  },
  {
    title: 'v3 needs a variable that nobody set',
    text: 'v3 signs orders with PAYMENT_KEY. It is set in staging and was forgotten in production. The contract knows, so nothing is even started.',
    act: 'deploy',
    version: 'v3',
    rehearsed: false,
    expected: noGo('preflight'),
    serves: 'v2',
    flips: 0,
  },
  {
    title: 'v4 cannot reach its database: the forgotten firewall rule',
    text: 'v4 writes to a second database, which admits clients by address. Staging’s address is on its list, production’s is not: same code, and only one of them works. Here it is found from inside the new slot, before a user meets it.',
    act: 'deploy',
    version: 'v4',
    rehearsed: true,
    expected: noGo('reach'),
    serves: 'v2',
    flips: 0,
  },
  {
    title: 'v5 passes every test and fails under live traffic',
    text: 'v5 remembers the newest orders in memory and breaks once it has taken 64 of them, which no test does. The watch sees users’ own requests fail and flips back by itself.',
    act: 'deploy',
    version: 'v5',
    rehearsed: false,
    expected: noGo('watch'),
    serves: 'v2',
    flips: 2,
  },
  {
    title: 'Back to v1, by hand',
    text: 'Somebody wants the old colour back. `gonogo rollback production` goes to the last proven release before this one.',
    act: 'rollback',
    version: 'v1',
    rehearsed: false,
    expected: go,
    serves: 'v1',
    flips: 1,
  },
];

/** Everything that went otherwise in a chapter than it had to, a sentence each. */
export function deviations({ chapter, rollout, rehearsal, served }: Told): string[] {
  const { version, expected, flips } = chapter;
  const step = rollout.failedStep ?? 'no step';
  const checks: readonly (readonly [boolean, string])[] = [
    [
      rollout.verdict === expected.verdict,
      `${version} got ${rollout.verdict ?? 'no verdict'}, not ${expected.verdict}`,
    ],
    [
      expected.verdict === 'GO' || step === expected.step,
      `${version} was stopped by ${step}, not by ${expected.verdict === 'GO' ? '' : expected.step}`,
    ],
    [rollout.flips.length === flips, `${version} took ${rollout.flips.length} flips, not ${flips}`],
    [
      served === numberOf(chapter.serves),
      `after ${version} the front answered with ${served}, not ${chapter.serves}`,
    ],
    [rehearsal === undefined || rehearsal.verdict === 'GO', `${version} got NO-GO in staging`],
    [
      rehearsal === undefined || rollout.findings.some(({ elsewhere }) => elsewhere?.includes('staging')),
      `${version}'s verdict does not say that staging reaches the database`,
    ],
  ];
  return checks.filter(([holds]) => !holds).map(([, sentence]) => sentence);
}
