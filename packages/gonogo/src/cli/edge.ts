import { Problem, problem } from '../errors.ts';
import { paletteFor } from './print/palette.ts';

/**
 * Says an error once, on standard error: the sentence, then what to do about it. Answers the exit code.
 * Anything that is not from the catalogue is a mistake of gonogo's own; `GONOGO_DEBUG=1` shows where.
 */
export function printError(error: unknown): number {
  const problems = problemsOf(error);
  const { red, dim } = paletteFor(process.stderr);
  for (const { message, hint } of problems) {
    process.stderr.write(`${red(message)}\n${indented(hint).map(dim).join('\n')}\n`);
  }
  if (process.env.GONOGO_DEBUG === '1') process.stderr.write(`${debugText(error)}\n`);
  return problems[0]?.exit ?? 3;
}

/** Several problems of one kind of work are thrown together. */
function problemsOf(error: unknown): Problem[] {
  if (error instanceof Problem) return [error];
  if (error instanceof AggregateError && error.errors.every((one) => one instanceof Problem))
    return error.errors;
  return [
    problem(
      'INTERNAL',
      { what: error instanceof Error ? `${error.name}: ${error.message}` : String(error) },
      error,
    ),
  ];
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${line}`);

const debugText = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? (error.stack ?? '')
    : `${error.stack}\ncaused by ${debugText(error.cause)}`;
};
