import { kind } from './catalogue.ts';

export const runtimeErrors = {
  COMMAND_MISSING: kind(
    1,
    (f: { command: string; cwd: string }) =>
      `the command "${f.command}" does not exist in ${f.cwd} or on PATH`,
    () => 'correct run.command, and see that artifact.bundle.include contains it',
  ),
  USER_UNKNOWN: kind(
    2,
    (f: { user: string }) => `there is no user "${f.user}" on this host`,
    () => 'create it, or correct run.user',
  ),
  USER_FORBIDDEN: kind(
    2,
    (f: { user: string }) => `instances cannot run as "${f.user}", because the agent is not privileged`,
    () => 'take run.user away, or run the agent as root',
  ),
  SHARED_UNSAFE: kind(
    2,
    (f: { path: string; why: string }) => `run.shared cannot have ${f.path}: ${f.why}`,
    () => 'name folders inside the release, none of which lies in another',
  ),
  LAUNCH_FAILED: kind(
    1,
    (f: { instance: string; command: string; why: string }) =>
      `${f.instance} cannot be started with "${f.command}": ${f.why}`,
    () => 'see that the command is an executable file for this machine, and that run.user may read it',
  ),
  INSTANCE_STUCK: kind(
    3,
    (f: { instance: string; pid: number }) =>
      `${f.instance} (process group ${f.pid}) does not end, not even by SIGKILL`,
    () =>
      'it waits for the kernel, most likely for a disk or a network file system; see ps -o pid,stat,wchan',
  ),
  KEEPER_UNREACHABLE: kind(
    3,
    (f: { socket: string; why: string }) => `the keeper does not answer at ${f.socket}: ${f.why}`,
    () => 'see keeper.log in the state folder; gonogo agent stop and the next command start it anew',
  ),
};
