import { styleText } from 'node:util';
import type { CheckResult } from '../../domain/check.ts';
import type { Verdict } from '../../domain/verdict.ts';
import { inWords, plain } from '../words.ts';
import { type Report, tally } from './report.ts';

type Style = Parameters<typeof styleText>[0];

const signs: Readonly<Record<Verdict, { readonly sign: string; readonly style: Style }>> = {
  pass: { sign: '✓', style: 'green' },
  warn: { sign: '!', style: 'yellow' },
  fail: { sign: '✗', style: 'red' },
  unknown: { sign: '?', style: 'red' },
};

/** For people: one line a check, what is wrong below it, the verdict last. */
export function pretty(report: Report, { colour }: { readonly colour: boolean }): string {
  const paint = (style: Style, text: string): string =>
    colour ? styleText(style, text, { validateStream: false }) : text;
  const width = Math.max(0, ...report.results.map(({ name }) => plain(name).length));
  const lines = report.results.flatMap((result) => linesOf(result, width, paint));
  const decision = paint(report.decision === 'GO' ? ['bold', 'green'] : ['bold', 'red'], report.decision);
  return `${lines.join('\n')}${lines.length > 0 ? '\n\n' : ''}${decision}  ${report.subject}   ${tally(report)}\n`;
}

function linesOf(
  result: CheckResult,
  width: number,
  paint: (style: Style, text: string) => string,
): string[] {
  const { sign, style } = signs[result.verdict];
  const notes = [
    result.from === 'this machine' ? '' : `from ${result.from}`,
    result.flaky ? `flaky: attempt ${result.attempts}` : '',
  ];
  const about = [plain(result.saw), ...notes.filter((note) => note !== '')].join(', ');
  const head = `${paint(style, sign)} ${plain(result.name).padEnd(width)}  ${about}  ${paint('dim', inWords(result.ms))}`;
  return result.hint === undefined ? [head] : [head, `    ${plain(result.hint)}`];
}
