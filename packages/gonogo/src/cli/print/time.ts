/** A duration in milliseconds for people: `0.4 ms`, `12 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min`. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return parts([Math.floor(seconds / 60), 'min'], [seconds % 60, 's']);
  const minutes = Math.round(seconds / 60);
  return parts([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
}

const parts = (...pairs: [number, string][]): string =>
  pairs
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');

/** How long ago an instant was, in its largest unit: `just now`, `14 minutes ago`, `1 day ago`. */
export function ago(instant: number, now: number): string {
  const ms = now - instant;
  return ms < 1000 ? 'just now' : `${largestUnit(ms)} ago`;
}

/** How long until an instant, in its largest unit: `8 minutes`; `a moment` when it is now or has passed. */
export function until(instant: number, now: number): string {
  const ms = instant - now;
  return ms < 1000 ? 'a moment' : largestUnit(ms);
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

function largestUnit(ms: number): string {
  const [name, size] = units.find(([, unit]) => ms >= unit) ?? units[3];
  const count = Math.floor(ms / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** Bytes for people: `812 B`, `3.4 MB`. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

/** The time of day in UTC: `09:41:02`. */
export const clock = (instant: number): string => new Date(instant).toISOString().slice(11, 19);
