import type { CommandModule } from './command.ts';

/** A verb as help shows it, before anything of it is imported. */
export type Verb = {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
};

/** Every verb, in the order in which help shows them. */
export const verbs: readonly Verb[] = [
  {
    name: 'check',
    summary: 'runs the contract and the checks against an environment or a URL',
    load: async () => (await import('./commands/check.ts')).check,
  },
  {
    name: 'probe',
    summary: 'asks one address once, for images that have no curl',
    load: async () => (await import('./commands/probe.ts')).probe,
  },
  {
    name: 'deploy',
    summary: 'takes a release live in an environment, and puts the old one back when it is a mistake',
    load: async () => (await import('./commands/deploy.ts')).deploy,
  },
  {
    name: 'promote',
    summary: 'deploys to one environment the exact release that is proven in another',
    load: async () => (await import('./commands/promote.ts')).promote,
  },
  {
    name: 'release',
    summary: 'builds an immutable release, to be deployed by its name later',
    load: async () => (await import('./commands/release.ts')).release,
  },
  {
    name: 'releases',
    summary: 'the releases that were built, with where each is live and proven',
    load: async () => (await import('./commands/releases.ts')).releases,
  },
  {
    name: 'rollback',
    summary: 'goes back to the last proven release',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  {
    name: 'approve',
    summary: 'says GO to the rollout that waits for it',
    load: async () => (await import('./commands/approve.ts')).approve,
  },
  {
    name: 'abort',
    summary: 'stops the running rollout and puts it back',
    load: async () => (await import('./commands/abort.ts')).abort,
  },
  {
    name: 'status',
    summary: 'what runs where',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'history',
    summary: 'the rollouts of an environment',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    name: 'show',
    summary: 'one rollout with all its evidence',
    load: async () => (await import('./commands/show.ts')).show,
  },
  {
    name: 'logs',
    summary: 'the output of the instances',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'agent',
    summary: 'the daemon that supervises and runs rollouts; it starts by itself',
    load: async () => (await import('./commands/agent.ts')).agent,
  },
  {
    name: 'schema',
    summary: 'prints the JSON Schema of gonogo.yaml',
    load: async () => (await import('./commands/schema.ts')).schema,
  },
  {
    name: 'demo',
    summary: 'the whole story on this machine, with live traffic',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
];
