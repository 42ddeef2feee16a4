import { stripVTControlCharacters } from 'node:util';

/** Rows as lines whose cells stand under each other, three spaces apart; colours count for nothing. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, width(cell));
  return rows.map((row) =>
    row
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell)))
      .join('   ')
      .trimEnd(),
  );
}

const width = (text: string): number => stripVTControlCharacters(text).length;
