import type { Report } from './report.ts';

/** For programs: the whole report as one JSON object. */
export const json = ({ decision, subject, results }: Report): string =>
  `${JSON.stringify({ decision, subject, results }, undefined, 2)}\n`;
