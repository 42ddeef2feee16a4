import { setTimeout as sleep } from 'node:timers/promises';
import type { StrictAnswer } from '../../../packages/gonogo/src/system/answer-reader.ts';
import {
  type StrictClient,
  type StrictSummary,
  startStrictClient,
} from '../../../packages/gonogo/src/system/strict-client.ts';

type Front = { readonly host: string; readonly port: number };

/** What the users have seen until now. */
export type Seen = {
  /** Right answers to queries by the release that gave them. */
  readonly readsBy: Readonly<Record<string, number>>;
  /** The ids of visits that were answered as written. */
  readonly written: ReadonlySet<string>;
  readonly failed: number;
};

/** Users who read and write through the front until they are told to stop. */
export type Users = {
  seen(): Seen;
  /** Waits until a release has given so many more right answers; answers how many each release has given meanwhile. */
  next(release: string, answers: number): Promise<Readonly<Record<string, number>>>;
  stop(): Promise<{ readonly reads: StrictSummary; readonly writes: StrictSummary }>;
};

const query = '{ servedBy allPosts(orderBy: ID_ASC) { nodes { id title } } }';
const mutation = 'mutation { createVisit(input: { visit: {} }) { visit { id } query { servedBy } } }';

/** The whole answer to the query; anything else is wrong. */
const posts = [
  { id: 1, title: 'The first launch' },
  { id: 2, title: 'A rollback' },
  { id: 3, title: 'Grüße & "quotes" — ✓' },
];

type Answered = {
  readonly data?: {
    readonly servedBy?: string;
    readonly allPosts?: unknown;
    readonly createVisit?: {
      readonly visit?: { readonly id?: string };
      readonly query?: { readonly servedBy?: string };
    };
  };
};

/**
 * Readers keep their connections; writers take a new one for each request. A write that was done twice, or whose answer
 * was lost, shows in the table: it must hold exactly the visits that were answered.
 */
export function startUsers(front: Front): Users {
  const readsBy: Record<string, number> = {};
  const written = new Set<string>();
  const reads = ask(front, {
    text: query,
    keepAlive: true,
    rate: 120,
    isRight: (answered) => {
      const by = answered.data?.servedBy;
      if (!by || JSON.stringify(answered) !== JSON.stringify(rightAnswer(by))) return false;
      readsBy[by] = (readsBy[by] ?? 0) + 1;
      return true;
    },
  });
  const writes = ask(front, {
    text: mutation,
    keepAlive: false,
    rate: 30,
    isRight: (answered) => {
      const id = answered.data?.createVisit?.visit?.id;
      if (!id || written.has(id) || !answered.data?.createVisit?.query?.servedBy) return false;
      written.add(id);
      return true;
    },
  });
  const seen = (): Seen => ({
    readsBy: { ...readsBy },
    written: new Set(written),
    failed: reads.counts().failed + writes.counts().failed,
  });
  return {
    seen,
    next: async (release, answers) => {
      const since = { ...readsBy };
      const enough = (since[release] ?? 0) + answers;
      const deadline = performance.now() + patience;
      while ((readsBy[release] ?? 0) < enough && performance.now() < deadline) await sleep(20);
      return growth(since, readsBy);
    },
    stop: async () => ({ reads: await reads.stop(), writes: await writes.stop() }),
  };
}

const rightAnswer = (servedBy: string): Answered => ({ data: { servedBy, allPosts: { nodes: posts } } });

/** How long users wait for answers of a release, in milliseconds. */
const patience = 60_000;

const growth = (since: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(now)
      .map(([by, count]) => [by, count - (since[by] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );

type Asked = {
  readonly text: string;
  readonly keepAlive: boolean;
  /** Requests a second. */
  readonly rate: number;
  readonly isRight: (answered: Answered) => boolean;
};

function ask(front: Front, { text, keepAlive, rate, isRight }: Asked): StrictClient {
  return startStrictClient({
    ...front,
    path: '/graphql',
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ query: text }),
    connections: 6,
    keepAlive,
    rate,
    timeout: 20_000,
    judge: ({ status, body }: StrictAnswer) => {
      if (status !== 200) return 'wrong-status';
      return isRight(parse(body)) ? undefined : 'wrong-body';
    },
  });
}

function parse(body: Buffer): Answered {
  try {
    return JSON.parse(body.toString('utf8')) as Answered;
  } catch {
    return {}; // Not JSON is as wrong as any other answer.
  }
}
