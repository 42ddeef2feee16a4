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
