import type { CheckResult } from '../../domain/check.ts';
import { plain } from '../words.ts';
import { type Report, sentence, tally } from './report.ts';

/** Workflow commands that GitHub Actions shows as annotations, then the verdict. */
export function github(report: Report): string {
  const verdict = `${report.decision} ${plain(report.subject)}: ${tally(report)}`;
  return `${[...report.results.map(lineOf), verdict].join('\n')}\n`;
}

function lineOf(result: CheckResult): string {
  if (result.verdict === 'fail' || result.verdict === 'unknown')
    return annotation('error', result, sentence(result));
  if (result.verdict === 'warn') return annotation('warning', result, sentence(result));
  if (result.flaky) return annotation('warning', result, `flaky: passed at attempt ${result.attempts}`);
  return `ok ${plain(result.name)}: ${plain(result.saw)}`;
}

const annotation = (level: 'error' | 'warning', { name }: CheckResult, text: string): string =>
  `::${level} title=${property(name)}::${data(text)}`;

/** As the workflow commands' own toolkit escapes them: a line break would begin a command of somebody else's. */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
