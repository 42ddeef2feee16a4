import { type Command, InvalidArgumentError, Option } from 'commander';

export type Format = 'pretty' | 'json';
export type Reporting = { readonly format: Format };
export type Configured = { readonly config: string };

/** `--format`, for every command that reports. */
export const formatOption = (): Option =>
  new Option('--format <format>', 'how it reports').choices(['pretty', 'json']).default('pretty');

/** `--config`, for every command that is about a project. */
export const configOption = (): Option =>
  new Option('--config <file>', 'the configuration').default('gonogo.yaml');

/** A whole number of at least `min` as an option's value. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`it must be a whole number from ${min} to ${max}.`);
  };

/** A command of the program under its module's own name and summary. */
export const addCommand = (program: Command, module: { name: string; summary: string }): Command =>
  program.command(module.name).description(module.summary);

/** What every command takes that runs a release's rollout. */
export const addRolloutOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--plan', 'print what would be done, step by step, and change nothing').conflicts([
        'planId',
        'detach',
      ]),
    )
    .option('--plan-id <id>', 'do what this plan said, and refuse when that is not what would be done now')
    .option('--no-wait', 'end with exit code 4, instead of waiting, when the rollout waits for approval')
    .option('--detach', 'start the rollout, print its id, and do not wait for its verdict')
    .addOption(configOption())
    .addOption(formatOption());
