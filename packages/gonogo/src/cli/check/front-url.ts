import type { Address, EnvironmentSpec } from '../../domain/environment.ts';

/**
 * Where a front is asked: by the first name it goes by, as users do, or else by its address. An address that stands for
 * all of the machine's is asked on its loopback.
 */
export function frontUrl({ host, port }: Address, proxy: EnvironmentSpec['proxy']): string {
  const scheme = proxy?.tls ? 'https' : 'http';
  const name = proxy?.hosts?.find((one) => !one.startsWith('*'));
  const address = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const asked = name ?? (address.includes(':') ? `[${address}]` : address);
  return `${scheme}://${asked}:${port}`;
}
