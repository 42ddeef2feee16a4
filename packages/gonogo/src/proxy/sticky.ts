import { randomBytes } from 'node:crypto';

export type Sticky = { readonly cookie: string; readonly seconds?: number };

/** Where a client's cookie puts it, 0 ≤ x < 1; undefined for a client that has none of ours. */
export function placeOf(cookies: string | undefined, name: string): number | undefined {
  const id = cookies === undefined ? undefined : valueIn(cookies, name);
  return id !== undefined && isId(id) ? placeOfId(id) : undefined;
}

/** A client's place as FNV-1a (32 bits) has it: the same at every worker, before and after a restart. */
export function placeOfId(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return hash / 0x100000000;
}

/** An opaque id: it names nobody, and says nothing of slots. */
export const newId = (): string => randomBytes(16).toString('base64url');

/** The `Set-Cookie` field (RFC 6265 §4.1); without `seconds` it lasts as long as the browser's session. */
export function setCookie({ cookie, seconds }: Sticky, id: string, secure: boolean): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${cookie}=${id}; Path=/${age}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

const isId = (value: string): boolean => /^[\w-]{22}$/.test(value);

/** The value of a cookie in a `Cookie` field (RFC 6265 §4.2.1). */
function valueIn(cookies: string, name: string): string | undefined {
  for (let at = 0; at >= 0 && at < cookies.length; ) {
    while (cookies[at] === ' ' || cookies[at] === ';') at += 1;
    const end = cookies.indexOf(';', at);
    if (cookies.startsWith(name, at) && cookies[at + name.length] === '=') {
      return cookies.slice(at + name.length + 1, end < 0 ? undefined : end).trim();
    }
    at = end;
  }
  return undefined;
}
