import { isProblem, problem } from '../errors.ts';
import { type Client, connectApi } from './client.ts';
import { type Hello, protocol } from './contract.ts';

export type Connected = { readonly api: Client; readonly hello: Hello };

/** The agent that listens at a socket; undefined when nobody does: there is no socket, or it is stale. */
export async function findAgent(socket: string): Promise<Connected | undefined> {
  if (Buffer.byteLength(socket) > 107) throw problem('SOCKET_PATH_LONG', { path: socket });
  const api = connectApi(socket);
  try {
    return { api, hello: await api.hello() };
  } catch (error) {
    if (isProblem(error, 'AGENT_UNREACHABLE') && nobody.has(codeOf(error.cause))) return undefined;
    throw error;
  }
}

/** ECONNRESET and a hang-up: it ended while we asked. */
const nobody = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? '';

/** True when agent and command have a protocol in common. */
export const understands = (agent: Hello): boolean =>
  agent.protocol.min <= protocol.max && agent.protocol.max >= protocol.min;

/** Fails with AGENT_VERSION unless agent and command have a protocol in common. */
export function requireUnderstanding(agent: Hello): void {
  if (understands(agent)) return;
  throw problem('AGENT_VERSION', { agent: rangeOf(agent.protocol), mine: rangeOf(protocol) });
}

const rangeOf = ({ min, max }: Hello['protocol']): string => (min === max ? `${min}` : `${min} to ${max}`);
