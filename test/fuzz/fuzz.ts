import fc from 'fast-check';
import { startProxy } from '../suites/proxy-process.ts';
import { nearlyValidAnswers, startSpeaker, validAnswers } from './answers.ts';
import { startRecorder } from './oracle.ts';
import { nearlyValidRequests, validRequests } from './requests.ts';

export type Fuzzed = {
  readonly cases: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
};

/** Shares of all cases. */
const shares = {
  'valid requests': 0.4,
  'nearly valid requests': 0.3,
  'valid answers': 0.15,
  'nearly valid answers': 0.15,
};
type Kind = keyof typeof shares;
/** Connections at the same time; each has an address of its own, by which the application tells them apart. */
const lanes = 8;

/** Sends so many messages through a proxy between Node's own client and server, and gathers what was read otherwise. */
export async function fuzz(options: {
  readonly cases: number;
  readonly seed: number;
  readonly onProgress?: (line: string) => void;
}): Promise<Fuzzed> {
  const [proxy, recorder, speaker] = [await startProxy(), await startRecorder(), await startSpeaker()];
  const { port } = proxy.listen;
  const properties = {
    'valid requests': (address: string, count: Count) => validRequests({ port, recorder, address }, count),
    'nearly valid requests': (address: string, count: Count) =>
      nearlyValidRequests({ port, recorder, address }, count),
    'valid answers': (address: string, count: Count) => validAnswers({ port, speaker, address }, count),
    'nearly valid answers': (address: string, count: Count) =>
      nearlyValidAnswers({ port, speaker, address }, count),
  };
  const cases: Record<string, number> = {};
  const failures: string[] = [];
  try {
    for (const [kind, share] of Object.entries(shares) as [Kind, number][]) {
      await proxy.serve(kind.endsWith('requests') ? recorder.port : speaker.port);
      const run = {
        seed: options.seed,
        cases: Math.ceil(options.cases * share),
        property: properties[kind],
        onFailure: (text: string) => options.onProgress?.(`${kind}: ${text}`),
      };
      const done = await inLanes(run);
      cases[kind] = done.cases;
      failures.push(...done.failures.map((text) => `${kind}: ${text}`));
      options.onProgress?.(`${kind}: ${done.cases} cases, ${done.failures.length} failures`);
    }
    if (proxy.child.exitCode !== null) failures.push(`the proxy ended: ${await proxy.log()}`);
  } finally {
    await Promise.all([proxy.close(), recorder.close(), speaker.close()]);
  }
  return { cases, failures };
}

type Count = (cases: number) => void;
type Run = {
  readonly seed: number;
  readonly cases: number;
  property(address: string, count: Count): fc.IAsyncProperty<unknown>;
  onFailure(text: string): void;
};

async function inLanes({
  seed,
  cases,
  property,
  onFailure,
}: Run): Promise<{ cases: number; failures: string[] }> {
  let done = 0;
  const work = async (_: unknown, lane: number): Promise<string[]> => {
    const one = property(`127.0.1.${lane + 1}`, (more) => {
      done += more;
    }) as fc.IAsyncProperty<[unknown]>;
    const failures: string[] = [];
    // In rounds, so that all lanes end when enough is done, whichever was the fastest.
    for (let round = 0; done < cases && failures.length === 0; round += 1) {
      const size = Math.max(1, Math.min(200, Math.ceil((cases - done) / lanes / 4)));
      const found = await fc.check(one, { seed: seed + lane + round * lanes, numRuns: size });
      if (!found.failed) continue;
      failures.push(describe(found));
      onFailure(describe(found));
    }
    return failures;
  };
  const failures = await Promise.all(Array.from({ length: lanes }, work));
  return { cases: done, failures: failures.flat() };
}

/** The smallest case that fails, in a form that can be read: its bytes as text, where they were cut, and what was wrong. */
function describe({
  seed,
  counterexamplePath,
  counterexample,
  errorInstance,
}: fc.RunDetails<[unknown]>): string {
  const shown = JSON.stringify(counterexample, (_key, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: string; data?: number[] };
    return type === 'Buffer' && data ? Buffer.from(data).toString('latin1') : value;
  });
  const why = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return `seed ${seed} path ${counterexamplePath}\n  ${shown.slice(0, 2_000)}\n  ${why.slice(0, 1_500)}`;
}
