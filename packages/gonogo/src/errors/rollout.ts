import { kind } from './catalogue.ts';

export const rolloutErrors = {
  ROLLOUT_RUNNING: kind(
    1,
    (f: { environment: string; rollout: string; release: string }) =>
      `a rollout of ${f.release} to ${f.environment} is running (${f.rollout})`,
    (f) => `wait for it, or stop it with: gonogo abort ${f.environment}`,
  ),
  LEASE_HELD: kind(
    1,
    (f: { stream: string; owner: string; age: string }) =>
      `${f.owner} holds the lease of ${f.stream} and renewed it ${f.age} ago`,
    () => 'wait until it is done; a lease that nobody renews is taken over by itself',
  ),
  LEASE_LOST: kind(
    3,
    (f: { stream: string }) => `the lease of ${f.stream} was taken over by another agent`,
    () => 'nothing more was done by this one; see gonogo status',
  ),
  JOURNAL_MOVED: kind(
    3,
    (f: { stream: string; expected: number; actual: number }) =>
      `the journal of ${f.stream} is at ${f.actual}, not at ${f.expected}: somebody else wrote to it`,
    () => 'nothing was written; see gonogo status',
  ),
  NOTHING_TO_ROLL_BACK: kind(
    2,
    (f: { environment: string }) => `there is no earlier proven release of ${f.environment} to roll back to`,
    () => 'see gonogo history; only a release that passed its whole watch can be rolled back to',
  ),
  NEVER_PROVEN: kind(
    2,
    (f: { name: string; environment: string }) =>
      `${f.name} was never proven in ${f.environment}, so nothing can go back to it`,
    (f) => `see gonogo history ${f.environment}; only what passed its whole watch can be rolled back to`,
  ),
  ALREADY_LIVE: kind(
    2,
    (f: { revision: string; environment: string }) =>
      `${f.revision} is what is live in ${f.environment} already`,
    (f) => `see gonogo history ${f.environment} for what was live before it`,
  ),
  ROLLOUT_UNKNOWN: kind(
    2,
    (f: { rollout: string }) => `there is no rollout "${f.rollout}"`,
    () => 'see gonogo history for their names',
  ),
  NOT_DEPLOYED: kind(
    2,
    (f: { environment: string }) => `nothing was ever deployed to ${f.environment}`,
    (f) => `start with: gonogo deploy ${f.environment}`,
  ),
  NOTHING_LIVE: kind(
    2,
    (f: { environment: string }) =>
      `nothing is live in ${f.environment}, so there are no variables to take from it`,
    (f) => `deploy in the variables of the files: gonogo deploy ${f.environment}`,
  ),
  NO_ROLLOUT: kind(
    2,
    (f: { environment: string }) => `no rollout is running in ${f.environment}`,
    () => 'see gonogo status',
  ),
  NOTHING_WAITS: kind(
    2,
    (f: { environment: string }) => `no rollout waits for approval in ${f.environment}`,
    () => 'see gonogo status',
  ),
  PLAN_MOVED: kind(
    1,
    (f: { plan: string; environment: string }) =>
      `${f.environment} is not as it was when ${f.plan} was made, so nothing was done`,
    (f) => `look at what would be done now: gonogo deploy ${f.environment} --plan`,
  ),
  ROLLBACK_FAILED: kind(
    3,
    (f: { environment: string; why: string }) =>
      `NO-GO, and the rollback of ${f.environment} failed: ${f.why}`,
    () => 'users are still served by what failed the checks; roll back by hand',
  ),
};
