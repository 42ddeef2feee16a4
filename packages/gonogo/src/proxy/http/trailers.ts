import { line, normalLine, readField } from './fields.ts';
import type { KnownName } from './names.ts';

/** What frames or routes a message, or is a proxy's to say, has no place after it (RFC 9110 §6.5.1). */
const banned: ReadonlySet<KnownName | 'spoofed'> = new Set([
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
  'spoofed',
]);

/** The trailer lines that pass, in normal form; undefined when they are not valid lines. */
export function cleanTrailers(text: string): string | undefined {
  if (text === '') return '';
  const bytes = Buffer.from(text, 'latin1');
  let kept = '';
  for (let i = 0; i < bytes.length; ) {
    const next = readField(bytes, i, bytes.length);
    if (next < 0) return undefined;
    if (line.name === undefined || !banned.has(line.name)) kept += normalLine(bytes, i);
    i = next;
  }
  return kept;
}
