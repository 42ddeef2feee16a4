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
  INTERRUPTED: kind(
    1,
    (f: { what: string }) => `interrupted while ${f.what}`,
    () => 'nothing was changed',
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
  AGENT_INSTALLED: kind(
    2,
    () => 'the agent is installed: systemd would start it again at once',
    () =>
      'stop it with systemctl stop gonogo; then gonogo agent stop --all also stops what it served, and users with it',
  ),
  AGENT_FORBIDDEN: kind(
    2,
    (f: { root: string }) => `the agent that is installed on this machine keeps ${f.root} to itself`,
    () => 'run the command as root, or set GONOGO_STATE to a folder of yours to have an agent of your own',
  ),
  INSTALL_REFUSED: kind(
    2,
    (f: { what: string; why: string }) => `the agent cannot be ${f.what}: ${f.why}`,
    () =>
      'nothing was changed; gonogo agent install --print shows the unit, for another way to start the agent',
  ),
  INSTALL_UNSAFE: kind(
    2,
    (f: { program: string; path: string }) =>
      `the agent cannot be installed: root would run ${f.program}, and ${f.path} can be written by others`,
    () =>
      'nothing was changed; install Node.js and gonogo where only root writes (as root: npm install --global gonogo), and run gonogo agent install from there',
  ),
  INSTALL_FAILED: kind(
    3,
    (f: { did: string; why: string }) => `${f.did} failed: ${f.why}`,
    () => 'see systemctl status gonogo and journalctl -u gonogo',
  ),
  AGENT_VERSION: kind(
    2,
    (f: { agent: string; mine: string }) =>
      `the agent speaks protocol ${f.agent}, this command speaks ${f.mine}`,
    () => 'stop the agent with gonogo agent stop when no rollout is running; your instances keep running',
  ),
  AGENT_FAILED: kind(
    3,
    (f: { root: string; why: string }) => `the agent for ${f.root} ended while it started: ${f.why}`,
    () => 'see agent.log in the state folder; what is served now is still served',
  ),
  AGENT_LOST: kind(
    3,
    (f: { rollout: string; environment: string; why: string }) =>
      `the agent went away while ${f.rollout} was followed: ${f.why}`,
    (f) => `its journal says how far it came, and it goes on from there: gonogo status ${f.environment}`,
  ),
  API_FORBIDDEN: kind(
    2,
    () => 'the agent answers only its own user, over its socket',
    () => 'run the command as the user who runs the agent',
  ),
  API_ROUTE_UNKNOWN: kind(
    2,
    (f: { method: string; path: string }) => `the agent has no operation ${f.method} ${f.path}`,
    () =>
      'the command and the agent are of different versions: gonogo agent stop, then run the command again',
  ),
  API_INPUT: kind(
    2,
    (f: { operation: string; problems: readonly string[] }) =>
      `the agent refused what it was asked (${f.operation}): ${f.problems.join('; ')}`,
    () => 'nothing was done; the command and the agent may be of different versions: gonogo agent stop',
  ),
  API_TOO_LARGE: kind(
    2,
    (f: { limit: string }) => `the agent takes at most ${f.limit} in one call`,
    () => 'make the environment’s values or the manifest smaller; nothing was done',
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
