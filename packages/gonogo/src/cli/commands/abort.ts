import type { Command } from 'commander';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

type Options = Configured & Reporting;

/** `gonogo abort ENV` — puts the running rollout back and waits until it is; exit 0 when it is put back. */
export const abort = {
  name: 'abort',
  summary: 'stops the running rollout and waits until it is put back',
  register(program: Command): void {
    addCommand(program, abort)
      .argument('<environment>', 'where')
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (environment: string, options: Options) => {
        process.exitCode = await run(environment, options);
      });
  },
};

async function run(environment: string, { config, format }: Options): Promise<number> {
  const { findPlace, openAgent, whoAsks } = await import('../context.ts');
  const { codeOfPuttingBack, runToVerdict } = await import('../rollout/run.ts');
  const { openScreen } = await import('../rollout/screen.ts');
  const project = (await findPlace(config, environment)).project.id;
  const agent = await openAgent();
  const { rollout } = await agent.abort({ project, environment, by: whoAsks() });
  return codeOfPuttingBack(
    await runToVerdict(agent, { id: rollout, project, environment }, openScreen(format)),
  );
}
