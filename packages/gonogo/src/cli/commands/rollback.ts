import { type Command, Option } from 'commander';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

type Options = Configured & Reporting & { readonly to?: string; readonly env?: 'current' };

/** `gonogo rollback ENV [--to RELEASE]` — one flip while the old release is warm; exit codes as of a deploy. */
export const rollback = {
  name: 'rollback',
  summary: 'goes back to the last proven release: a flip while it is warm, else a deploy of its digest',
  register(program: Command): void {
    addCommand(program, rollback)
      .argument('<environment>', 'where')
      .option('--to <release>', 'a proven release (shop@9f3c2a1) or revision; default: the one before this')
      .addOption(
        new Option('--env <source>', 'current: in the variables of what serves now').choices(['current']),
      )
      .addOption(configOption())
      .addOption(formatOption())
      .action(async (environment: string, options: Options) => {
        process.exitCode = await run(environment, options);
      });
  },
};

async function run(environment: string, { config, format, to, env }: Options): Promise<number> {
  const { findPlace, openAgent, whoAsks } = await import('../context.ts');
  const { codeOfPuttingBack, runToVerdict } = await import('../rollout/run.ts');
  const { openScreen } = await import('../rollout/screen.ts');
  const project = (await findPlace(config, environment)).project.id;
  const agent = await openAgent();
  const { rollout, left } = await agent.rollback({
    project,
    environment,
    by: whoAsks(),
    ...(to === undefined ? {} : { to }),
    ...(env ? { values: env } : {}),
  });
  const code = await runToVerdict(agent, { id: rollout, project, environment }, openScreen(format));
  return left ? codeOfPuttingBack(code) : code;
}
