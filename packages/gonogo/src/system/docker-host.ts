import { problem } from '../errors.ts';

const usual = '/var/run/docker.sock';

/** The unix socket that `DOCKER_HOST` names, else the usual one. Fails with DOCKER_HOST_UNSUPPORTED. */
export function engineSocket(host: string | undefined): string {
  if (!host) return usual;
  if (!host.startsWith('unix://')) throw problem('DOCKER_HOST_UNSUPPORTED', { host });
  return host.slice('unix://'.length) || usual;
}
