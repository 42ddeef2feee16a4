import { type Command, InvalidArgumentError } from 'commander';
import type { CheckResult, CheckSpec } from '../../domain/check.ts';
import { addCommand, formatOption, type Reporting, wholeNumber } from '../options.ts';

type Options = Reporting & { readonly timeout: number; readonly status?: number };

/** `gonogo probe URL` — asks once, for a HEALTHCHECK in images that have no curl; exit 0 GO, 1 NO-GO. */
export const probe = {
  name: 'probe',
  summary: 'asks one address once: GO or NO-GO, without a configuration',
  register(program: Command): void {
    addCommand(program, probe)
      .argument('<url>', 'http://…, https://… or tcp://host:port', addressOf)
      .option('--timeout <ms>', 'milliseconds until it is given up', wholeNumber(1, 3_600_000), 1000)
      .option(
        '--status <code>',
        'the only status that is healthy; default: 200 to 299',
        wholeNumber(100, 599),
      )
      .addOption(formatOption())
      .action(async (url: string, options: Options) => {
        process.exitCode = await run(url, options);
      });
  },
};

function addressOf(text: string): string {
  if (/^(https?|tcp):\/\//i.test(text) && URL.canParse(text)) return text;
  throw new InvalidArgumentError('it must be http://…, https://… or tcp://host:port.');
}

async function run(url: string, options: Options): Promise<0 | 1> {
  const { checkRunner } = await import('../../checks/run.ts');
  const at = { from: 'this machine', values: {}, cwd: '/' };
  const asked = { secrets: [], signal: new AbortController().signal };
  const [result] = await checkRunner().run([specOf(url, options)], at, asked);
  if (!result) throw new TypeError('the runner answered no result for one check');
  process.stdout.write(`${options.format === 'json' ? JSON.stringify(result) : lineOf(result)}\n`);
  return result.verdict === 'pass' ? 0 : 1;
}

/** One attempt: whoever asks decides what several failures in a row mean. */
function specOf(url: string, { timeout, status }: Options): CheckSpec {
  const base = { name: url, timeout, retry: { times: 0, delay: 1 }, tags: [] };
  if (/^tcp:/i.test(url)) return { ...base, kind: 'tcp', address: url, settle: 0 };
  const expect = status === undefined ? {} : { status: [status] };
  return { ...base, kind: 'http', method: 'GET', url, headers: {}, expect };
}

const lineOf = ({ verdict, name, saw, ms }: CheckResult): string =>
  verdict === 'pass' ? `GO     ${name}  ${saw}, ${Math.round(ms)} ms` : `NO-GO  ${name}  ${saw}`;
