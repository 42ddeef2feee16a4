import type { Command } from 'commander';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

type Options = Configured & Reporting & { readonly detach?: boolean };

/** `gonogo approve ENV` — opens the gate and follows the rollout to its verdict; exit codes as of a deploy. */
export const approve = {
  name: 'approve',
  summary: 'says GO to the rollout that waits for it, and follows it to its verdict',
  register(program: Command): void {
    addCommand(program, approve)
      .argument('<environment>', 'where')
      .option('--detach', 'only approve, and do not wait for the verdict')
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (environment: string, options: Options) => {
        process.exitCode = await run(environment, options);
      });
  },
};

async function run(environment: string, { config, format, detach }: Options): Promise<number> {
  const { findPlace, openAgent, whoAsks } = await import('../context.ts');
  const { runToVerdict } = await import('../rollout/run.ts');
  const { openScreen } = await import('../rollout/screen.ts');
  const { detached } = await import('../rollout/detached.ts');
  const project = (await findPlace(config, environment)).project.id;
  const agent = await openAgent();
  const { rollout } = await agent.approve({ project, environment, by: whoAsks() });
  if (detach) return detached(rollout, format, 'approved');
  return runToVerdict(agent, { id: rollout, project, environment }, openScreen(format));
}
