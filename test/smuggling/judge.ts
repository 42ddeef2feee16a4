import { isDeepStrictEqual } from 'node:util';
import type { ProxyProcess } from '../suites/proxy-process.ts';
import { converse, type Heard } from './exchange.ts';
import type { Recorder } from './recorder.ts';
import type { upstreams } from './upstreams.ts';
import { message, type Read, request, type Vector } from './vector.ts';

type Place = {
  readonly proxy: ProxyProcess;
  readonly recorder: Recorder;
  readonly kind: keyof typeof upstreams;
};

const next = message('GET /next HTTP/1.1', ['Connection: close']);
const probe = message('GET /probe HTTP/1.1', ['Connection: close']);

/** Plays a vector through the proxy; answers what went otherwise than the table says. */
export async function play(vector: Vector, place: Place): Promise<string[]> {
  const { proxy, recorder, kind } = place;
  recorder.take();
  const reads = (kind !== 'node' && vector.behind?.[kind]) || vector.reads;
  const goesOn = !vector.refused && !vector.closes && !vector.ends;
  const expected = goesOn ? [...reads, request({ target: '/next' })] : reads;
  const bytes = vector.ends ? vector.bytes : vector.bytes + next;
  const methods = vector.reads.map(({ method }) => method);
  const heard = await converse(proxy.listen.port, { bytes, ends: vector.ends ?? false, methods });
  // On a connection of its own, so that it meets whatever the vector left behind on connections to the upstream.
  const probed = await converse(proxy.listen.port, { bytes: probe, ends: false, methods: ['GET'] });
  const { reads: seen, refusals } = recorder.take();
  return [
    ...wrongReads(seen, [...expected, request({ target: '/probe' })]),
    ...refusals.map((code) => `the upstream refused what was sent on: ${code}`),
    ...(reads === vector.reads ? wrongAnswers(heard, { ...vector, reads: expected }) : []),
    ...wrongAnswers(probed, { reads: [request({ target: '/probe' })] }).map((text) => `afterwards ${text}`),
  ];
}

const wrongReads = (seen: readonly Read[], expected: readonly Read[]): string[] =>
  isDeepStrictEqual(seen, expected) ? [] : [`read ${show(seen)}, not ${show(expected)}`];

const show = (reads: readonly Read[]): string =>
  reads
    .map(
      ({ method, target, host, body }) => `${method} ${target.slice(0, 40)} ${host} "${body.slice(0, 40)}"`,
    )
    .join(' | ');

type Expected = Pick<Vector, 'reads' | 'refused' | 'ends'>;

/** Every answer must be the one to its own request; then the refusal and the end. */
function wrongAnswers({ answers, wrong }: Heard, { reads, refused, ends }: Expected): string[] {
  const found: string[] = [];
  const last = answers[reads.length];
  if (wrong && !(ends && answers.length <= reads.length)) found.push(wrong);
  for (const [i, read] of reads.entries()) {
    const answer = answers[i];
    const text = read.method === 'HEAD' ? JSON.stringify(read) : answer?.body.toString();
    if (answer?.status !== 200 || text !== JSON.stringify(read))
      found.push(`answer ${i + 1} is ${answer?.status} ${text}`);
  }
  if (refused && !refused.includes(last?.status ?? 0))
    found.push(`refused with ${last?.status}, not ${refused.join(' or ')}`);
  if (refused && last && !last.closes) found.push('the refusal does not say that it closes');
  if (answers.length > reads.length + (refused || ends ? 1 : 0)) found.push(`${answers.length} answers`);
  return found;
}
