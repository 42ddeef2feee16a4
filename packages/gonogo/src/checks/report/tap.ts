import type { CheckResult } from '../../domain/check.ts';
import { type Report, sentence } from './report.ts';

/** TAP version 14. A warning is ok, with a comment; unknown is not ok. */
export function tap({ results }: Report): string {
  const lines = results.flatMap((result, index) => linesOf(result, index + 1));
  return `${['TAP version 14', `1..${results.length}`, ...lines].join('\n')}\n`;
}

function linesOf(result: CheckResult, number: number): string[] {
  const ok = result.verdict === 'pass' || result.verdict === 'warn';
  const head = `${ok ? 'ok' : 'not ok'} ${number} - ${description(result.name)}`;
  const details = [
    '  ---',
    `  verdict: ${result.verdict}`,
    `  message: ${JSON.stringify(sentence(result))}`,
    `  duration_ms: ${result.ms}`,
    ...(result.failure === undefined ? [] : [`  failure: ${result.failure}`]),
    ...(result.flaky ? [`  flaky: true`, `  attempts: ${result.attempts}`] : []),
    '  ...',
  ];
  return [head, ...details];
}

/** `#` would begin a directive such as SKIP, which turns a failure into a pass. */
const description = (name: string): string => name.replace(/\s+/g, ' ').replace(/[\\#]/g, '\\$&');
