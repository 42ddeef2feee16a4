import { BlockList, isIP } from 'node:net';
import type { SettingsWire } from '../wire/proxy.ts';
import { AccessLog } from './access-log.ts';
import { limits as defaults, type Limits } from './limits.ts';

/** What holds for a whole proxy. It is changed in place, so that connections and instances that are there follow. */
export class Settings {
  readonly limits: Limits = { ...defaults };
  #trusted: BlockList | undefined;
  #log: AccessLog | undefined;

  /** Undefined when nobody asked for one. */
  get log(): AccessLog | undefined {
    return this.#log;
  }

  apply({ limits = {}, trusted = [], log }: SettingsWire): void {
    Object.assign(this.limits, defaults, limits);
    this.#trusted = trusted.length > 0 ? listOf(trusted) : undefined;
    if (log?.file === this.#log?.file && log?.query === this.#log?.query) return;
    this.#log?.close();
    this.#log = log && new AccessLog(log);
  }

  /** Whether a proxy in front of us speaks from this address, and may say where a request comes from. */
  readonly trusts = (address: string): boolean => {
    const family = this.#trusted ? isIP(address) : 0;
    return family > 0 && (this.#trusted?.check(address, family === 4 ? 'ipv4' : 'ipv6') ?? false);
  };

  /** Writes what waits. */
  close(): void {
    this.#log?.close();
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (isIP(address) === 0) continue; // Whoever made the file checked it; a network nobody is in trusts nobody.
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
