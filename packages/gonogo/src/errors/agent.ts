import { kind } from './catalogue.ts';

export const agentErrors = {
  NODE_TOO_OLD: kind(
    2,
    (f: { version: string }) => `gonogo needs Node.js 24.20 or later; this is ${f.version}`,
    () => 'install a newer Node.js, or run it through npm in a project that has the node package',
  ),
  USAGE: kind(
    2,
    (f: { what: string }) => f.what,
    () => 'see gonogo --help',
  ),
  AGENT_UNREACHABLE: kind(
    3,
    (f: { socket: string; why: string }) => `the agent does not answer at ${f.socket}: ${f.why}`,
    () => 'see agent.log in the state folder',
  ),
  AGENT_NOT_RUNNING: kind(
    2,
    (f: { root: string }) => `no agent is running for the state folder ${f.root}`,
    () => 'it starts by itself with the next deploy, or with gonogo agent run',
  ),
  AGENT_RUNNING: kind(
    2,
    (f: { root: string }) => `an agent is running already for the state folder ${f.root}`,
    () => 'use that one, or stop it with gonogo agent stop',
  ),
  AGENT_VERSION: kind(
    2,
    (f: { agent: string; mine: string }) =>
      `the agent speaks protocol ${f.agent}, this command speaks ${f.mine}`,
    () => 'stop the agent with gonogo agent stop when no rollout is running; your instances keep running',
  ),
  SOCKET_PATH_LONG: kind(
    2,
    (f: { path: string }) => `the socket path ${f.path} is longer than the 107 bytes a unix socket may have`,
    () => 'set GONOGO_STATE to a shorter folder',
  ),
  STATE_UNUSABLE: kind(
    3,
    (f: { path: string; why: string }) => `the state folder ${f.path} cannot be used: ${f.why}`,
    () => 'make room or correct its owner and mode; what is served now is still served',
  ),
  STATE_NEWER: kind(
    2,
    (f: { path: string; found: number; known: number }) =>
      `${f.path} was written by a newer gonogo (schema ${f.found}, this one knows ${f.known})`,
    () => 'use the newer gonogo; nothing was changed',
  ),
  NOT_SUPPORTED: kind(
    2,
    (f: { what: string }) => `${f.what} is not supported yet`,
    () => 'take it away to go on',
  ),
  INTERNAL: kind(
    3,
    (f: { what: string }) => `gonogo itself failed: ${f.what}`,
    () => 'this is a mistake in gonogo; please report it with the output of the command',
  ),
};
