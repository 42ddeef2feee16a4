import type { Report } from '../../checks/report/report.ts';

export type Format = 'pretty' | 'json' | 'junit' | 'tap' | 'github';

/** A report as text. Colour only for people on a terminal, and never with NO_COLOR (no-color.org). */
export async function render(report: Report, format: Format): Promise<string> {
  if (format === 'json') return (await import('../../checks/report/json.ts')).json(report);
  if (format === 'junit') return (await import('../../checks/report/junit.ts')).junit(report);
  if (format === 'tap') return (await import('../../checks/report/tap.ts')).tap(report);
  if (format === 'github') return (await import('../../checks/report/github.ts')).github(report);
  const { pretty } = await import('../../checks/report/pretty.ts');
  return pretty(report, { colour: process.stdout.isTTY === true && !process.env.NO_COLOR });
}
