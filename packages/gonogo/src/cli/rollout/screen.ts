import { stripVTControlCharacters } from 'node:util';
import type { Progress, RolloutDetail } from '../../api/contract.ts';
import type { Format } from '../options.ts';
import { print, printJson } from '../output.ts';
import { paletteFor } from '../print/palette.ts';
import { advance, liveLine, noSteps } from '../print/steps.ts';
import { verdictLines } from '../print/verdict.ts';

/** Where a rollout is told: step by step while it runs, and its verdict as the last word. */
export type Screen = {
  /** Something besides the steps, in one line; left out of what programs read. */
  say(line: string): void;
  /** What the build prints, as it comes. */
  output(text: string): void;
  progress(progress: Progress): void;
  verdict(rollout: RolloutDetail): void;
  /** Somebody is asked something: what is told waits until `resume`. */
  pause(): void;
  resume(): void;
  close(): void;
};

export const openScreen = (format: Format): Screen => (format === 'json' ? jsonScreen : prettyScreen());

const jsonScreen: Screen = {
  say: () => undefined,
  output: (text) => void process.stderr.write(text),
  progress: printJson,
  verdict: ({ events: _, ...rollout }) => printJson(rollout),
  pause: () => undefined,
  resume: () => undefined,
  close: () => undefined,
};

const clear = '\r\u001b[2K';

function prettyScreen(): Screen {
  const palette = paletteFor(process.stdout);
  const onTerminal = process.stdout.isTTY === true;
  let view = noSteps;
  let held: string[] | undefined;
  const redraw = (): void => {
    if (held) return;
    const line = liveLine(view, Date.now(), palette);
    process.stdout.write(line === undefined ? clear : clear + fitting(line));
  };
  const above = (lines: readonly string[]): void => {
    if (held) return void held.push(...lines);
    if (onTerminal) process.stdout.write(clear);
    print(...lines);
    if (onTerminal) redraw();
  };
  const timer = onTerminal ? setInterval(redraw, 100) : undefined;
  return {
    say: (line) => above([line]),
    output: (text) => {
      if (onTerminal) process.stdout.write(clear);
      process.stderr.write(text);
    },
    progress: (progress) => {
      const [next, lines] = advance(view, progress, palette);
      view = next;
      if (lines.length > 0 || onTerminal) above(lines);
    },
    verdict: (rollout) => {
      view = noSteps;
      above(verdictLines(rollout, palette));
    },
    pause: () => {
      if (onTerminal) process.stdout.write(clear);
      held ??= [];
    },
    resume: () => {
      const waiting = held ?? [];
      held = undefined;
      above(waiting);
    },
    close: () => {
      clearInterval(timer);
      if (onTerminal) process.stdout.write(clear);
    },
  };
}

/** Cut to the terminal's width, because a line that wraps cannot be printed over; a terminal may not know its own. */
function fitting(line: string): string {
  const width = (process.stdout.columns || 80) - 1;
  const text = stripVTControlCharacters(line);
  return text.length <= width ? line : text.slice(0, width);
}
