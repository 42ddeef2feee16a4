/** What a connection may be switched to where nobody says otherwise. */
export const usualUpgrades: readonly string[] = ['websocket'];

/**
 * The protocols of an Upgrade field that a connection may be switched to, as a list in the client's order and words; empty
 * if there are none. `allowed` is in lower case. WebSocket is opened by GET alone (RFC 6455 §4.1).
 */
export function offeredOf(
  { method, upgrade }: { readonly method: string; readonly upgrade: string },
  allowed: readonly string[],
): string {
  return upgrade
    .split(',')
    .map((name) => name.trim())
    .filter((name) => allowed.includes(name.toLowerCase()))
    .filter((name) => method === 'GET' || name.toLowerCase() !== 'websocket')
    .join(', ');
}

/** True for one protocol that was offered; a server may switch to nothing else (RFC 9110 §7.8). */
export const isOffered = (protocol: string, offered: string): boolean =>
  protocol !== '' && offered.toLowerCase().split(', ').includes(protocol.toLowerCase());
