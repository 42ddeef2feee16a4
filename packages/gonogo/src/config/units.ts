import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { Address } from '../domain/environment.ts';
import type { Millis } from '../domain/units.ts';
import { parsed } from './section.ts';

const factors = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `500ms`, `20s`, `1.5m`, `1h` in milliseconds; undefined for anything else, a bare number included. */
export function parseDuration(text: string): Millis | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * factors[match[2] as keyof typeof factors];
}

const units = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 } as const;

/** `512B`, `32KB`, `10MB`, `1GB` in bytes, by powers of 1024; undefined for anything else, a bare number included. */
function parseSize(text: string): number | undefined {
  const match = /^(\d{1,9})(B|KB|MB|GB)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

/** `1%`, `0.5%` as a share, 0–1. */
export function parsePercent(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text);
  const share = Number(match?.[1]) / 100;
  return match && share <= 1 ? share : undefined;
}

/** `1.5x` as a factor of at least 1. */
export function parseRatio(text: string): number | undefined {
  const match = /^(\d{1,6}(?:\.\d{1,6})?)x$/.exec(text);
  const factor = Number(match?.[1]);
  return match && factor >= 1 ? factor : undefined;
}

/** `80`, `127.0.0.1:8080`, `[::1]:8080`. Without an address: every address of the machine. */
export function parseListen(text: string): Address | undefined {
  const match = /^(?:(\[[0-9a-f:.]+\]|[0-9.]+):)?(\d{1,5})$/i.exec(text);
  const host = match?.[1]?.replace(/^\[|\]$/g, '') ?? '0.0.0.0';
  const port = Number(match?.[2]);
  if (!match || isIP(host) === 0 || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** Text in one of our units: says how to write it when it is something else. */
const measured = (what: string) =>
  z.string({ error: ({ input }) => (input === undefined ? undefined : `must be ${what}`) });

/** A duration; `least` is the shortest allowed, in milliseconds. */
export const duration = (least: Millis = 1) =>
  parsed(measured('a duration: write 500ms, 20s, 5m or 1h'), (text, refuse): Millis => {
    const millis = parseDuration(text);
    if (millis === undefined) return refuse(`"${text}" is not a duration: write 500ms, 20s, 5m or 1h`);
    return millis >= least ? millis : refuse('must be longer');
  });

/** A duration, or `none`, which is 0. */
export const durationOrNone = parsed(
  measured('a duration or none: write 500ms, 20s, 5m or 1h'),
  (text, refuse): Millis =>
    (text === 'none' ? 0 : parseDuration(text) || undefined) ??
    refuse(`"${text}" is not a duration, or none: write 500ms, 20s, 5m or 1h`),
);

export const size = parsed(
  measured('a size: write 32KB, 10MB or 1GB'),
  (text, refuse): number =>
    (parseSize(text) || undefined) ?? refuse(`"${text}" is not a size: write 32KB, 10MB or 1GB`),
);

/** A size, or `none`, which is 0. */
export const sizeOrNone = parsed(
  measured('a size or none: write 32KB, 10MB or 1GB'),
  (text, refuse): number =>
    (text === 'none' ? 0 : parseSize(text) || undefined) ??
    refuse(`"${text}" is not a size, or none: write 32KB, 10MB or 1GB`),
);

export const percent = parsed(
  measured('a percentage: write 1% or 0.5%'),
  (text, refuse): number =>
    parsePercent(text) ?? refuse(`"${text}" is not a percentage: write 1% or 0.5%, at most 100%`),
);

export const ratio = parsed(
  measured('a ratio: write 1.5x or 2x'),
  (text, refuse): number =>
    parseRatio(text) ?? refuse(`"${text}" is not a ratio: write 1.5x or 2x, at least 1x`),
);

export const listen = parsed(
  z.union([z.int(), z.string()]),
  (value, refuse): Address =>
    parseListen(String(value)) ??
    refuse(`${value} is not a port or address:port: write 80, 127.0.0.1:8080 or [::1]:8080`),
);
