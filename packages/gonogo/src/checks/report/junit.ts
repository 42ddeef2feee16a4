import type { CheckResult } from '../../domain/check.ts';
import { type Report, sentence } from './report.ts';

/** JUnit XML as CI servers read it. Unknown is an error, which no server counts as passed. */
export function junit({ subject, results }: Report): string {
  const failures = results.filter(({ verdict }) => verdict === 'fail').length;
  const errors = results.filter(({ verdict }) => verdict === 'unknown').length;
  const time = seconds(results.reduce((sum, { ms }) => sum + ms, 0));
  const counts = `tests="${results.length}" failures="${failures}" errors="${errors}" time="${time}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${xml(subject)}" ${counts}>`,
    ...results.flatMap(caseOf),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseOf(result: CheckResult): string[] {
  const head = `    <testcase classname="${result.kind}" name="${xml(result.name)}" time="${seconds(result.ms)}"`;
  const body = bodyOf(result);
  return body ? [`${head}>`, `      ${body}`, '    </testcase>'] : [`${head}/>`];
}

function bodyOf(result: CheckResult): string | undefined {
  const says = xml(sentence(result));
  const type = xml(result.failure ?? result.verdict);
  if (result.verdict === 'fail') return `<failure type="${type}" message="${says}"/>`;
  if (result.verdict === 'unknown') return `<error type="${type}" message="${says}"/>`;
  if (result.verdict === 'warn') return `<system-out>warning: ${says}</system-out>`;
  return result.flaky ? `<system-out>flaky: passed at attempt ${result.attempts}</system-out>` : undefined;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** Escaped, and without the characters that XML 1.0 does not allow at all (section 2.2). */
const xml = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;')
    .replaceAll('\r', '&#13;');
