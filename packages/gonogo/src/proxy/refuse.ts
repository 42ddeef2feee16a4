import type { Refusal } from './http/refusal.ts';

/** A whole answer of the proxy's own, which says nothing about what is behind it. */
export function refusalText(
  { status, reason, says }: Refusal,
  { close, bodiless }: { readonly close: boolean; readonly bodiless: boolean },
): string {
  const fields = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${says.length + 1}\r\nCache-Control: no-store\r\n`;
  const connection = close ? 'Connection: close\r\n' : '';
  return `HTTP/1.1 ${status} ${reason}\r\n${fields}${connection}\r\n${bodiless ? '' : `${says}\n`}`;
}
