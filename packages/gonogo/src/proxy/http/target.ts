/** Where a request goes, in origin form. */
export type Destination = { readonly target: string; readonly host: string };

/** A name or an address, and perhaps a port, without user information (RFC 9110 §7.2, RFC 3986 §3.2). */
export const isAuthority = (host: string): boolean =>
  /^(\[[0-9a-f:.%a-z_-]+\]|[\w.~!$&'()*+,;=%-]*)(:\d{0,5})?$/i.test(host);

/** The origin form of a request target; an absolute URI speaks before the Host field (RFC 9112 §3.2.2). */
export function destinationOf(method: string, target: string, host: string): Destination | undefined {
  if (target.charCodeAt(0) === 0x2f) return { target, host };
  if (target === '*') return method === 'OPTIONS' ? { target, host } : undefined;
  const [, authority = '', rest = ''] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? [];
  if (authority === '' || !isAuthority(authority)) return undefined;
  if (rest.startsWith('/')) return { target: rest, host: authority };
  if (rest === '' && method === 'OPTIONS') return { target: '*', host: authority };
  return { target: `/${rest}`, host: authority };
}
