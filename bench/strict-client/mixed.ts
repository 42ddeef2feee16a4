import {
  type StrictClient,
  type StrictOptions,
  type StrictSummary,
  startStrictClient,
} from '../../packages/gonogo/src/system/strict-client.ts';
import { type Front, holdStream, holdWebSocket } from './long-lived.ts';
import { type Counted, repeat } from './script.ts';
import { pipelined, slowUpload } from './scripts.ts';

export type MixedOptions = Front & {
  /** What the application's answers may begin with. */
  readonly versions: readonly string[];
  /** Requests a second of each of the first three kinds; default: as many as are answered. */
  readonly rate?: number;
  /** Of each kind; default 4. */
  readonly connections?: number;
  /** Default 4 of each; 0 for none. */
  readonly longLived?: number;
};

export type MixedSummary = {
  readonly requests: number;
  readonly failed: number;
  readonly keepAlive: StrictSummary;
  readonly short: StrictSummary;
  readonly post: StrictSummary;
  readonly pipelined: Counted;
  readonly uploads: Counted;
  readonly websocketsBroken: number;
  readonly streamsBroken: number;
  readonly slowestMs: number;
  /** The first losses in words. */
  readonly examples: readonly string[];
};

const body = 'all of this must come back';

/**
 * Everything users do at once: requests on kept connections, one request a connection, POST with a body, four requests
 * at once on a connection, slow uploads, WebSockets and event streams. Begins when the long-lived ones have had their first message; `stop` answers what was lost.
 */
export async function startMixedLoad(options: MixedOptions): Promise<{ stop(): Promise<MixedSummary> }> {
  const many = { length: options.longLived ?? 4 };
  const websockets = Array.from(many, () => holdWebSocket(options));
  const streams = Array.from(many, () => holdStream(options));
  await Promise.all([...websockets, ...streams].map((one) => one.begun));
  const start = (more: Partial<StrictOptions>): StrictClient =>
    startStrictClient({
      host: options.host,
      port: options.port,
      connections: options.connections ?? 4,
      ...(options.rate === undefined ? {} : { rate: options.rate }),
      judge: judgeBy(options.versions, more.body ?? ''),
      ...more,
    });
  const kinds = {
    keepAlive: start({}),
    short: start({ keepAlive: false }),
    post: start({ method: 'POST', body }),
    pipelined: repeat({ ...options, script: pipelined(options.versions), connections: 2, every: 20 }),
    uploads: repeat({ ...options, script: slowUpload(options.versions), connections: 2, every: 250 }),
  };
  return {
    stop: async () => {
      const [keepAlive, short, post, ...rest] = await Promise.all([
        ...([kinds.keepAlive.stop(), kinds.short.stop(), kinds.post.stop()] as const),
        ...([kinds.pipelined.stop(), kinds.uploads.stop()] as const),
      ]);
      const broken = await Promise.all(
        [websockets, streams].map((held) => Promise.all(held.map((one) => one.stop()))),
      );
      return sumUp({ keepAlive, short, post, pipelined: rest[0], uploads: rest[1] }, broken);
    },
  };
}

function sumUp(
  kinds: Pick<MixedSummary, 'keepAlive' | 'short' | 'post' | 'pipelined' | 'uploads'>,
  [websockets = [], streams = []]: readonly (string | undefined)[][],
): MixedSummary {
  const all = Object.entries(kinds);
  const sum = (pick: (one: Counted) => number): number =>
    all.reduce((total, [, one]) => total + pick(one), 0);
  return {
    ...kinds,
    requests: sum((one) => one.requests),
    failed: sum((one) => one.failed),
    websocketsBroken: websockets.filter((why) => why !== undefined).length,
    streamsBroken: streams.filter((why) => why !== undefined).length,
    slowestMs: Math.max(...all.map(([, one]) => one.slowestMs)),
    examples: [
      ...all.flatMap(([kind, one]) => one.examples.map((text) => `${kind}: ${text}`)),
      ...websockets.flatMap((why) => (why ? [`websocket: ${why}`] : [])),
      ...streams.flatMap((why) => (why ? [`stream: ${why}`] : [])),
    ],
  };
}

const judgeBy =
  (versions: readonly string[], sent: string): NonNullable<StrictOptions['judge']> =>
  (answer) => {
    if (answer.status !== 200) return 'wrong-status';
    const text = answer.body.toString();
    return versions.some((version) => text === `${version} ${sent}`) ? undefined : 'wrong-body';
  };
