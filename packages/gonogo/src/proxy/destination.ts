import type { IncomingMessage } from 'node:http';

export type Destination = { readonly path: string; readonly host: string };

/** Where a request goes in origin form; an absolute URI speaks before the Host header (RFC 9112 §3.2.2). */
export function destinationOf(request: IncomingMessage): Destination | undefined {
  const url = request.url ?? '/';
  const host = request.headers.host ?? '';
  if (url.startsWith('/') || url === '*') return { path: url, host };
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  return { path: `${parsed.pathname}${parsed.search}`, host: parsed.host };
}
