import type { Finding, RolloutDetail } from '../../api/contract.ts';
import type { Address } from '../../domain/environment.ts';
import type { Palette } from './palette.ts';
import { duration } from './time.ts';

/** The end of a deploy: the verdict in one line, and for a NO-GO what failed, what that means, and what to do. */
export function verdictLines(rollout: RolloutDetail, palette: Palette): string[] {
  const { bold, green, red } = palette;
  const word = rollout.verdict === 'GO' ? green(bold('GO')) : red(bold('NO-GO'));
  const line = `${word}  ${rollout.release} → ${rollout.environment}   ${consequence(rollout)}`;
  return rollout.verdict === 'GO' ? [line] : [line, ...reasons(rollout, palette)];
}

/** What the verdict means for users. */
function consequence(rollout: RolloutDetail): string {
  const { ending, previous } = rollout;
  if (ending === undefined) return 'not decided yet';
  switch (ending) {
    case 'succeeded':
      return `live on ${frontUrl(rollout.front)}${tookText(rollout)}${witnessText(rollout)}`;
    case 'rejected':
    case 'aborted':
    case 'rolled-back':
      return usersAreOn(named(previous, rollout), rollout.flips.length > 0);
    case 'stuck':
      return 'putting it back failed: nothing more is touched, and somebody has to look';
  }
}

/** Of two revisions of one release, which differ in their variables, the word `before` tells which one serves. */
const named = (previous: string | undefined, { release }: RolloutDetail): string | undefined =>
  previous === release ? `${previous} with the variables it had before` : previous;

function usersAreOn(previous: string | undefined, flipped: boolean): string {
  if (previous === undefined)
    return flipped ? 'nothing is live: the front answers 503' : 'nothing is live yet';
  return flipped ? `users are back on ${previous}` : `users stayed on ${previous}`;
}

/** `http://127.0.0.1:8080` */
export function frontUrl(front: Address | undefined): string {
  if (!front) return 'no front';
  const host = front.host.includes(':') ? `[${front.host}]` : front.host;
  return `http://${host}${front.port === 80 ? '' : `:${front.port}`}`;
}

/** Checks ask only what somebody thought of, so a release that hardly anybody used is marked. */
const witnessText = ({ provenBy }: RolloutDetail): string =>
  provenBy === 'checks' ? ', proven by checks (too little traffic to judge by)' : '';

const tookText = ({ startedAt, endedAt }: RolloutDetail): string =>
  endedAt === undefined ? '' : `, ${duration(endedAt - startedAt)}`;

function reasons(rollout: RolloutDetail, palette: Palette): string[] {
  if (rollout.findings.length > 0)
    return rollout.findings.flatMap((finding) => findingLines(finding, palette));
  if (rollout.ending === 'aborted') return [];
  const what = [rollout.failedStep, rollout.why].filter((part) => part !== undefined).join(': ');
  return what === '' ? [] : [`  ${palette.red('✗')} ${what}`];
}

/** One finding: what was seen from where, then where it works and what to do, indented under it. */
function findingLines({ what, from, saw, elsewhere, hint }: Finding, { red }: Palette): string[] {
  const [first = '', ...rest] = saw.split('\n');
  const advice = [
    elsewhere === undefined ? undefined : sentence(elsewhere), // Begins with an environment's name, as it is written.
    hint === undefined ? undefined : sentence(capital(hint)),
  ].filter((part) => part !== undefined);
  return [
    `  ${red('✗')} ${what}   from ${from}: ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...(advice.length > 0 ? [`    ${advice.join(' ')}`] : []),
  ];
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
