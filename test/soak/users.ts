import type { Address } from '../../packages/gonogo/src/domain/environment.ts';
import { type StrictClient, startStrictClient } from '../../packages/gonogo/src/system/strict-client.ts';

/** Users who keep asking; every answer that is not right is counted as lost, also while a release is exchanged in place. */
export const startUsers = (front: Address): StrictClient =>
  startStrictClient({ ...front, connections: 4, rate: 200 });
