import { createHash, createHmac } from 'node:crypto';

/** SHA-256 as `sha256:` and 64 hex digits. */
export const sha256 = (data: string | Uint8Array): string =>
  `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** HMAC-SHA-256, hex. */
export const hmac = (key: Uint8Array, data: string): string =>
  createHmac('sha256', key).update(data).digest('hex');

/** JSON with sorted keys, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
