import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { problem } from '../errors.ts';
import { version } from '../system/version.ts';
import { printError } from './edge.ts';
import { endWhenOutputCloses } from './output.ts';
import { verbs } from './verbs.ts';

/** Runs one command line. Every error is said here, once; `process.exitCode` is set, never thrown past. */
export async function run(args: readonly string[]): Promise<void> {
  endWhenOutputCloses();
  try {
    const program = await programFor(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = toExitCode(error);
  }
}

/** The program with every verb's name and summary; only the one that is called is imported. */
async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('gonogo')
    .description('GO or NO-GO: whether a release may go live, before and after every deploy')
    .version(version(), '-V, --version')
    .option('--config <file>', 'the configuration; default: gonogo.yaml in this folder')
    .option('--state <folder>', 'the state folder; default: $GONOGO_STATE, or the one of this user')
    .enablePositionalOptions()
    .helpCommand('help [command]', 'says more about a command')
    .configureHelp({ subcommandTerm: (command) => command.name() });
  const called = calledVerb(args);
  for (const verb of verbs) {
    if (verb.name === called) (await verb.load()).register(program);
    else program.command(verb.name).description(verb.summary);
  }
  for (const command of withSubcommands(program)) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
    if (command.commands.length === 0) takeState(command);
  }
  return program.hook('preAction', (_, action) => applyGlobals(program, action));
}

const withSubcommands = (command: Command): Command[] => [
  command,
  ...command.commands.flatMap(withSubcommands),
];

/** The first word that is no option nor an option's value; `help VERB` asks for the verb as well. */
function calledVerb(args: readonly string[]): string | undefined {
  const words: string[] = [];
  for (let i = 0; i < args.length && words.length < 2; i++) {
    const word = args[i] ?? '';
    if (word === '--config' || word === '--state') i += 1;
    else if (!word.startsWith('-')) words.push(word);
  }
  return words[0] === 'help' ? words[1] : words[0];
}

/** `--state` may stand after the verb as well. */
function takeState(command: Command): void {
  if (!command.options.some(({ long }) => long === '--state')) {
    command.option('--state <folder>', 'the state folder');
  }
}

/** What stands before the verb holds for it, unless it says otherwise itself. */
function applyGlobals(program: Command, action: Command): void {
  const { config, state } = program.opts<{ config?: string; state?: string }>();
  if (config !== undefined && action.getOptionValueSource('config') === 'default') {
    action.setOptionValueWithSource('config', config, 'cli');
  }
  const root = action.opts<{ state?: string }>().state ?? state;
  if (root !== undefined) process.env.GONOGO_STATE = resolve(root);
}

/** Commander's own errors are mistakes in the command line; help and the version are none. */
function toExitCode(error: unknown): number {
  if (!(error instanceof CommanderError)) return printError(error);
  if (error.exitCode === 0) return 0;
  return printError(problem('USAGE', { what: mistake(error) }));
}

function mistake({ code, message }: CommanderError): string {
  // Commander shows its help when a verb is missing; "GO" (exit 0) would be a lie to a script with an empty variable.
  if (code === 'commander.help') return 'name a command';
  return message.replace(/^error: /, '').replaceAll('\n', ' ');
}
