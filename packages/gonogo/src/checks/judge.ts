import type { IncomingHttpHeaders } from 'node:http';
import type { HttpExpectation } from '../domain/check.ts';
import { scopeOf } from '../domain/health-body.ts';
import { parseJsonPath, readJsonPath } from '../domain/json-path.ts';
import type { Millis } from '../domain/units.ts';
import { type Answer, fail, pass } from './kind.ts';
import { type Found, mismatch } from './match.ts';
import { excerpt, inWords } from './words.ts';

export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Complete, longer than is read, or broken off by the other side. */
  readonly ended: 'whole' | 'cut' | 'broken';
  readonly ms: Millis;
};

type Redact = (text: string) => string;
type Fault = { readonly failure: string; readonly says: string; readonly hint?: string };

/** Holds an answer against what was expected of it; names everything that is wrong. */
export function judge(expect: HttpExpectation, answer: HttpAnswer, redact: Redact): Answer {
  const faults = [
    ...statusFaults(expect, answer, redact),
    ...endingFaults(expect, answer),
    ...headerFaults(expect, answer, redact),
    ...bodyFaults(expect, answer, redact),
    ...releaseFaults(expect, answer),
    ...timeFaults(expect, answer),
  ];
  const [first] = faults;
  if (!first) return { ...pass(`answered ${answer.status}`), ms: answer.ms };
  const hint = faults.find((fault) => fault.hint !== undefined)?.hint;
  const failed = fail(first.failure, faults.map(({ says }) => says).join('; '), hint);
  // An answer that is wrong in another way than by what it says of itself blames nobody.
  const scope = faults.length === 1 && first.failure === 'server-error' ? blamed(answer) : undefined;
  return scope === undefined ? failed : { ...failed, scope };
}

function statusFaults({ status: accepted }: HttpExpectation, answer: HttpAnswer, redact: Redact): Fault[] {
  const { status } = answer;
  if (accepted ? accepted.includes(status) : status >= 200 && status <= 299) return [];
  if (status >= 300 && status <= 399) return [redirect(answer)];
  const body = excerpt(redact(answer.body), 160);
  const wanted = accepted ? `, not ${accepted.join(' or ')}` : '';
  const says = `answered ${status}${wanted}${body ? `: ${body}` : ''}`;
  return [{ failure: status >= 500 ? 'server-error' : 'status', says }];
}

const redirect = ({ status, headers }: HttpAnswer): Fault => ({
  failure: 'redirect',
  says: `answered ${status}${headers.location ? `, a redirect to ${excerpt(headers.location, 120)}` : ''}`,
  hint: 'a redirect proves nothing of what is behind it: ask its target, or expect this status',
});

function endingFaults(expect: HttpExpectation, { ended }: HttpAnswer): Fault[] {
  if (ended === 'broken') return [{ failure: 'closed', says: 'the answer broke off before it was complete' }];
  const needed = expect.json !== undefined || expect.body !== undefined;
  return ended === 'cut' && needed ? [{ failure: 'too-large', says: 'the body is longer than 1 MiB' }] : [];
}

function headerFaults({ headers = {} }: HttpExpectation, answer: HttpAnswer, redact: Redact): Fault[] {
  return Object.entries(headers).flatMap(([name, matcher]) => {
    const value = answer.headers[name.toLowerCase()];
    const found =
      value === undefined ? undefined : { value: Array.isArray(value) ? value.join(', ') : value };
    return faultOf(`header ${name}`, mismatch(matcher, found, redact));
  });
}

function bodyFaults(expect: HttpExpectation, answer: HttpAnswer, redact: Redact): Fault[] {
  if (answer.ended !== 'whole') return [];
  const whole = expect.body ? faultOf('the body', mismatch(expect.body, { value: answer.body }, redact)) : [];
  return [...whole, ...jsonFaults(expect, answer, redact)];
}

function jsonFaults({ json }: HttpExpectation, { body }: HttpAnswer, redact: Redact): Fault[] {
  if (!json) return [];
  const parsed = parseJson(body);
  if (!parsed)
    return [
      { failure: 'mismatch', says: `the body is not JSON: ${excerpt(redact(body), 80) || 'it is empty'}` },
    ];
  return Object.entries(json).flatMap(([path, matcher]) =>
    faultOf(path, mismatch(matcher, valueAt(parsed.value, path), redact)),
  );
}

function valueAt(value: unknown, path: string): Found {
  const parsed = parseJsonPath(path);
  return parsed && readJsonPath(value, parsed);
}

function parseJson(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined; // The caller says so in its own words; the parser's message quotes the body.
  }
}

const blamed = ({ body, ended }: HttpAnswer): 'shared' | 'local' | undefined =>
  ended === 'whole' ? scopeOf(parseJson(body)?.value) : undefined;

/** A check that was answered by the release before is the false pass that is easiest to miss. */
function releaseFaults({ release }: HttpExpectation, { body }: HttpAnswer): Fault[] {
  const told = release === undefined ? undefined : parseJson(body)?.value;
  const named = typeof told === 'object' && told !== null && 'releaseId' in told ? told.releaseId : undefined;
  const service = release?.replace(/@.*/, '') ?? '';
  if (typeof named !== 'string' || named === release || !named.startsWith(`${service}@`)) return [];
  return [{ failure: 'identity', says: `${excerpt(named, 60)} answers, not ${release}` }];
}

const timeFaults = ({ within }: HttpExpectation, { ms }: HttpAnswer): Fault[] =>
  within !== undefined && ms > within
    ? [{ failure: 'slow', says: `took ${inWords(ms)}, longer than ${inWords(within)}` }]
    : [];

const faultOf = (what: string, problem: string | undefined): Fault[] =>
  problem === undefined ? [] : [{ failure: 'mismatch', says: `${what} ${problem}` }];
