import type { Command } from 'commander';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

/** `gonogo release` — builds a release and keeps it on the host, to be deployed by its name. */
export const release = {
  name: 'release',
  summary: 'builds an immutable release, to be deployed by its name later',
  register(program: Command): void {
    addCommand(program, release).addOption(configOption()).addOption(formatOption()).action(run);
  },
};

async function run({ config, format }: Configured & Reporting): Promise<void> {
  const { findService, openAgent } = await import('../context.ts');
  const { buildRelease, keepRelease } = await import('../rollout/artifact.ts');
  const { builtLine, interruptibly, nameOf } = await import('../rollout/building.ts');
  const { openScreen } = await import('../rollout/screen.ts');
  const { printJson } = await import('../output.ts');
  const { project, service } = await findService(config);
  const screen = openScreen(format);
  try {
    const built = await interruptibly(screen, (building) => buildRelease(project, service, building));
    const agent = await openAgent();
    await keepRelease(agent, { project, service, built, hold: false });
    const { record } = await agent.release({ project: project.id, wanted: { name: built.release.digest } });
    if (format === 'json') return printJson({ name: nameOf(built.release), ...record });
    const { recordLines } = await import('../print/releases.ts');
    for (const line of [builtLine(built), ...(record ? recordLines(record, Date.now()) : [])])
      screen.say(line);
  } finally {
    screen.close();
  }
}
