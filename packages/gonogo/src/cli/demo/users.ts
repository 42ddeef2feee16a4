import type { Address } from '../../domain/environment.ts';
import type { StrictAnswer } from '../../system/answer-reader.ts';
import { type StrictOptions, type StrictSummary, startStrictClient } from '../../system/strict-client.ts';
import type { TrafficCounts } from './summary.ts';

export type UsersOptions = {
  readonly front: Address;
  /** The version whose own error answers are counted apart, `5.0.0`. */
  readonly badVersion: string;
};

export type Users = { counts(): TrafficCounts; stop(): Promise<TrafficCounts> };

type Body = Readonly<Record<string, unknown>>;

/** One kind of request, asked again and again: what is a right answer to it, and how often it is asked. */
type Lane = Pick<StrictOptions, 'path' | 'method' | 'body' | 'keepAlive'> & {
  readonly rate: number;
  readonly connections: number;
  readonly status: number;
  readonly isRight: (body: Body) => boolean;
};

const wanted = { item: 'tea', quantity: 2 } as const;

const isOrder = (order: unknown): boolean => {
  const { id, item, quantity } = (order ?? {}) as Body;
  return Number.isInteger(id) && item === wanted.item && quantity === wanted.quantity;
};

const list = {
  path: '/api/v1/orders',
  status: 200,
  isRight: ({ orders }: Body) => Array.isArray(orders) && orders.every(isOrder),
};
const create = {
  path: '/api/v1/orders',
  method: 'POST',
  body: JSON.stringify(wanted),
  status: 201,
  isRight: ({ order }: Body) => isOrder(order),
};
const status = { path: '/api/v1/status', status: 200, isRight: ({ status }: Body) => status === 'ok' };

/** 300 requests a second in all, so that 200 are left on a busy machine. */
const lanes: readonly Lane[] = [
  { ...list, rate: 120, connections: 6 },
  { ...create, rate: 70, connections: 4 },
  { ...status, rate: 60, connections: 2 },
  // Users who come for one request only.
  { ...list, rate: 25, connections: 2, keepAlive: false },
  { ...create, rate: 25, connections: 2, keepAlive: false },
];

/** Lets users of every kind use the shop through its front until they are stopped. */
export function startUsers({ front, badVersion }: UsersOptions): Users {
  const since = performance.now();
  let until: number | undefined;
  let fromBadRelease = 0;
  const byVersion: Record<string, number> = {};
  const clients = lanes.map(({ status: right, isRight, ...lane }) =>
    startStrictClient({
      ...front,
      ...lane,
      judge: (answer) => {
        const body = bodyOf(answer);
        if (!body) return answer.status === right ? 'wrong-body' : 'wrong-status';
        byVersion[body.version] = (byVersion[body.version] ?? 0) + 1;
        if (answer.status === 500 && body.version === badVersion && typeof body.error === 'string') {
          fromBadRelease += 1;
          return undefined;
        }
        if (answer.status !== right) return 'wrong-status';
        return isRight(body) ? undefined : 'wrong-body';
      },
    }),
  );
  const counts = (): TrafficCounts => ({
    ...addUp(clients.map((client) => client.counts())),
    fromBadRelease,
    byVersion: { ...byVersion },
    seconds: ((until ?? performance.now()) - since) / 1_000,
  });
  return {
    counts,
    stop: async () => {
      until ??= performance.now();
      await Promise.all(clients.map((client) => client.stop()));
      return counts();
    },
  };
}

/** The JSON of an answer that says which release gave it; undefined for any other. */
function bodyOf({ body }: StrictAnswer): (Body & { readonly version: string }) | undefined {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as Body | null;
    const { version, releaseId } = parsed ?? {};
    if (typeof version !== 'string' || typeof releaseId !== 'string' || !releaseId.startsWith('shop@'))
      return undefined;
    return { ...parsed, version };
  } catch {
    return undefined; // Not JSON is a wrong body, which the caller counts.
  }
}

/** The sum of several clients; only the kinds of loss that happened are named. */
function addUp(summaries: readonly StrictSummary[]): Pick<TrafficCounts, 'requests' | 'failed' | 'losses'> {
  const losses: Record<string, number> = {};
  for (const [loss, count] of summaries.flatMap((summary) => Object.entries(summary.losses))) {
    if (count > 0) losses[loss] = (losses[loss] ?? 0) + count;
  }
  const sum = (of: (summary: StrictSummary) => number): number =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  return { requests: sum(({ requests }) => requests), failed: sum(({ failed }) => failed), losses };
}
