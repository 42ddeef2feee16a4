import { relative } from 'node:path';
import { Readable } from 'node:stream';
import type { TestEvent } from 'node:test/reporters';
import { spec as Spec } from 'node:test/reporters';

type Skipped = { readonly name: string; readonly file: string; readonly reason: string };

/**
 * Prints a test run: Node's own spec report, then every skipped test with its reason, then Node's own summary as the
 * last lines. True if nothing failed; with `requireAll` a skipped test is a failure.
 */
export async function report(
  events: AsyncIterable<TestEvent>,
  output: NodeJS.WritableStream,
  options: { readonly requireAll: boolean },
): Promise<boolean> {
  const skipped: Skipped[] = [];
  const summary: TestEvent[] = [];
  let failed = false;
  const body = async function* (): AsyncGenerator<TestEvent> {
    for await (const event of events) {
      if (event.type === 'test:fail' && !event.data.todo) failed = true;
      if (event.type === 'test:pass' && event.data.skip !== undefined) skipped.push(asSkipped(event.data));
      if (isSummary(event)) summary.push(event);
      else yield event;
    }
  };
  await print(Readable.from(body()), output);
  output.write(skippedList(skipped, options.requireAll));
  await print(Readable.from(summary), output);
  return !failed && (skipped.every(isDeclared) || !options.requireAll);
}

/** What a driver says it cannot do is skipped on every machine: a suite begins the reason with this. */
const isDeclared = ({ reason }: Skipped): boolean => reason.startsWith('a declared gap: ');

/** The counts at the end, `tests 12` to `duration_ms 34`, belong to the whole run and not to a file. */
const isSummary = (event: TestEvent): boolean =>
  event.type === 'test:diagnostic' && event.data.file === undefined && event.data.nesting === 0;

async function print(events: Readable, output: NodeJS.WritableStream): Promise<void> {
  for await (const text of events.compose(new Spec())) output.write(text);
}

function asSkipped(data: { name: string; file?: string; skip?: string | boolean }): Skipped {
  const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given';
  return { name: data.name, file: relative(process.cwd(), data.file ?? ''), reason };
}

function skippedList(skipped: readonly Skipped[], isFailure: boolean): string {
  if (skipped.length === 0) return '';
  const head = `\nSkipped${isFailure && !skipped.every(isDeclared) ? ', which is a failure with GONOGO_REQUIRE=all' : ''}:\n`;
  const lines = skipped.map(({ name, file, reason }) => `  ${file}: ${name}\n    ${reason}\n`);
  return `${head}${lines.join('')}\n`;
}
