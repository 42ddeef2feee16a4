import { token } from './octets.ts';

/** The fields that mean something to a proxy; all others pass as they are. */
const known = [
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'upgrade',
  'http2-settings',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-real-ip',
  'x-request-id',
  'gonogo-confirm',
  'trailer',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'set-cookie',
] as const;
export type KnownName = (typeof known)[number];

const slots = 1024;
const bySlot: (KnownName | undefined)[] = new Array(slots).fill(undefined);
const hashes = new Int32Array(slots);

/** One step of the hash of a field name, over its octets as `token` gives them. */
export const hashStep = (hash: number, lower: number): number => (Math.imul(hash, 31) + lower) | 0;

for (const name of known) {
  let hash = 0;
  for (let i = 0; i < name.length; i += 1) hash = hashStep(hash, name.charCodeAt(i));
  const slot = hash & (slots - 1);
  if (bySlot[slot] !== undefined) throw new Error(`${name} and ${bySlot[slot]} share a slot of the table`);
  bySlot[slot] = name;
  hashes[slot] = hash;
}

/**
 * The known name at `[start, end)` whose hash is `hash`. An underscore variant of one is `spoofed`: an application behind
 * CGI would read it as the real one.
 */
export function nameAt(
  bytes: Uint8Array,
  place: { readonly start: number; readonly end: number },
  hash: number,
): KnownName | 'spoofed' | undefined {
  const slot = hash & (slots - 1);
  const name = bySlot[slot];
  if (name === undefined || hashes[slot] !== hash) return startsOurs(bytes, place) ? 'spoofed' : undefined;
  if (name.length !== place.end - place.start) return undefined;
  let exact = true;
  for (let i = 0; i < name.length; i += 1) {
    const at = bytes[place.start + i] as number;
    if (token[at] !== name.charCodeAt(i)) return undefined;
    if (at === 0x5f) exact = false;
  }
  return exact ? name : 'spoofed';
}

const ours = ['x-forwarded-', 'gonogo-'];

/** Only a proxy may say `X-Forwarded-…`, and only this one `gonogo-…`. */
function startsOurs(bytes: Uint8Array, { start, end }: { start: number; end: number }): boolean {
  const first = token[bytes[start] as number];
  if (first !== 0x78 && first !== 0x67) return false;
  return ours.some((prefix) => {
    if (end - start < prefix.length) return false;
    for (let i = 0; i < prefix.length; i += 1) {
      if (token[bytes[start + i] as number] !== prefix.charCodeAt(i)) return false;
    }
    return true;
  });
}
