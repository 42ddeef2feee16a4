import type { Command } from 'commander';
import { addCommand, type Configured, configOption, formatOption, type Reporting } from '../options.ts';

type Options = Configured & Reporting;

/** `gonogo releases` — the releases of this project, newest first; `verify` reads every byte of them. */
export const releases = {
  name: 'releases',
  summary: 'the releases that were built, with where each is live and proven',
  register(program: Command): void {
    const command = addCommand(program, releases).enablePositionalOptions();
    command
      .command('list', { isDefault: true })
      .description('the releases of this project, newest first')
      .addOption(configOption())
      .addOption(formatOption())
      .action(list);
    command
      .command('verify')
      .description('reads every byte of the unpacked releases; exit 1 when one is not what was built')
      .argument('[release...]', 'only these: shop@9f3c2a1, or its digits')
      .addOption(configOption())
      .addOption(formatOption())
      .action(verify);
    command
      .command('packages')
      .description('prints the list of a release’s packages as CycloneDX')
      .argument('<release>', 'shop@9f3c2a1, or its digits')
      .addOption(configOption())
      .action(packages);
  },
};

async function list({ config, format }: Options): Promise<void> {
  const { findService, openAgent } = await import('../context.ts');
  const { print, printJson } = await import('../output.ts');
  const project = (await findService(config)).project.id;
  const found = await (await openAgent()).releases({ project });
  if (format === 'json') return printJson(found);
  const { paletteFor } = await import('../print/palette.ts');
  const { releaseLines } = await import('../print/releases.ts');
  print(...releaseLines(found, Date.now(), paletteFor(process.stdout)));
}

async function verify(names: readonly string[], { config, format }: Options): Promise<void> {
  const { findService, openAgent } = await import('../context.ts');
  const { print, printJson } = await import('../output.ts');
  const project = (await findService(config)).project.id;
  const found = await (await openAgent()).verifyReleases({ project, names: [...names] });
  if (found.some(({ intact }) => !intact)) process.exitCode = 1;
  if (format === 'json') return printJson(found);
  const { paletteFor } = await import('../print/palette.ts');
  const { verifyLines } = await import('../print/releases.ts');
  print(...verifyLines(found, paletteFor(process.stdout)));
}

async function packages(name: string, { config }: Configured): Promise<void> {
  const { findService, openAgent } = await import('../context.ts');
  const project = (await findService(config)).project.id;
  const { print } = await import('../output.ts');
  print((await (await openAgent()).releasePackages({ project, wanted: { name } })).packages);
}
