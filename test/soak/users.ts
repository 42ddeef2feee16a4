import type { Address } from '../../packages/gonogo/src/domain/environment.ts';
import {
  type StrictClient,
  type StrictSummary,
  startStrictClient,
} from '../../packages/gonogo/src/system/strict-client.ts';

/** Users who keep asking; every answer that is not right is counted as lost. */
export type Users = Pick<StrictClient, 'counts'> & {
  /** While a release is exchanged in place, 503 is the right answer too. */
  mayGoWithout(may: boolean): void;
  /** How many were told so. */
  unserved(): number;
  stop(): Promise<StrictSummary>;
};

export function startUsers(front: Address): Users {
  let [may, unserved] = [false, 0];
  const client = startStrictClient({
    ...front,
    connections: 4,
    rate: 200,
    judge: ({ status }) => {
      if (status === 200) return undefined;
      if (status !== 503 || !may) return 'wrong-status';
      unserved += 1;
      return undefined;
    },
  });
  return {
    counts: () => client.counts(),
    mayGoWithout: (now) => {
      may = now;
    },
    unserved: () => unserved,
    stop: () => client.stop(),
  };
}
