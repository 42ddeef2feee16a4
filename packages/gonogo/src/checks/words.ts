import type { Millis } from '../domain/units.ts';

/** A duration as people say it: `12 ms`, `3 s`, `2.5 s`, `2 min`. */
export function inWords(ms: Millis): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Number((ms / 60_000).toFixed(1))} min`;
}

/** A text on one line and without control characters: an answer must not move the cursor of whoever reads it. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();

/** The beginning of a text on one line, from which secrets were removed already. */
export function excerpt(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}
