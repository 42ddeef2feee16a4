import type { Command } from 'commander';
import { isProblem } from '../../errors.ts';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

type Options = Configured & Reporting;

/** `gonogo status [ENV]` — what runs where: of this project, or of this machine where there is no gonogo.yaml. */
export const status = {
  name: 'status',
  summary: 'what runs where',
  register(program: Command): void {
    addCommand(program, status)
      .argument('[environment]', 'only this one')
      .addOption(configOption())
      .addOption(formatOption())
      .action(run);
  },
};

async function run(environment: string | undefined, { config, format }: Options): Promise<void> {
  const { openAgent } = await import('../context.ts');
  const { print, printJson } = await import('../output.ts');
  const project = await projectHere(environment, config);
  const agent = await openAgent();
  const found = await agent.status({
    ...(project ? { project } : {}),
    ...(environment ? { environment } : {}),
  });
  if (format === 'json') return printJson(found);
  const { paletteFor } = await import('../print/palette.ts');
  const { statusLines } = await import('../print/status.ts');
  print(...statusLines(found, Date.now(), paletteFor(process.stdout)));
}

/** A folder without a gonogo.yaml asks for all of this machine; a file that was named must be there. */
async function projectHere(environment: string | undefined, config: string): Promise<string | undefined> {
  const { findPlace } = await import('../context.ts');
  try {
    if (environment !== undefined) return (await findPlace(config, environment)).project.id;
    const { loadConfig } = await import('../../config/load.ts');
    return (await loadConfig(config)).id;
  } catch (error) {
    if (config === 'gonogo.yaml' && isProblem(error, 'CONFIG_MISSING')) return undefined;
    throw error;
  }
}
