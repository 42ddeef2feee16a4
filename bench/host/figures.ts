/** The middle one of several measurements. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** With one digit after the point. */
export const rounded = (value: number): number => Math.round(value * 10) / 10;

/** The least of several measurements: what the machine can do when others leave it alone. */
export const least = (values: readonly number[]): number => Math.min(...values);
