import { kind } from './catalogue.ts';

export const dockerErrors = {
  DOCKER_MISSING: kind(
    2,
    (f: { socket: string }) => `Docker is not there: ${f.socket} does not exist`,
    () => 'install Docker Engine and start it, or say where it listens with DOCKER_HOST=unix:///…',
  ),
  DOCKER_DOWN: kind(
    1,
    (f: { socket: string; why: string }) => `Docker does not answer at ${f.socket}: ${f.why}`,
    () => 'start it (systemctl start docker), and see its log for why it stopped',
  ),
  DOCKER_FORBIDDEN: kind(
    2,
    (f: { socket: string }) => `this user may not use Docker at ${f.socket}`,
    () => 'add the user to the group docker and log in again, or run the agent as root',
  ),
  DOCKER_HOST_UNSUPPORTED: kind(
    2,
    (f: { host: string }) => `DOCKER_HOST is ${f.host}, and only a unix socket is supported`,
    () => 'write unix:///path/to/docker.sock, or take DOCKER_HOST away',
  ),
  DOCKER_UNUSABLE: kind(
    2,
    (f: { why: string }) => `images need Docker, and it cannot be used here: ${f.why}`,
    () => 'install and start Docker, be in its group docker, or say where it listens with DOCKER_HOST',
  ),
  DOCKER_REFUSED: kind(
    1,
    (f: { what: string; why: string }) => `Docker refused to ${f.what}: ${f.why}`,
    () => 'see the log of Docker',
  ),
  IMAGE_MISSING: kind(
    1,
    (f: { image: string }) => `the image ${f.image} is not on this host`,
    () =>
      'deploy again from where it was built, and keep docker image prune away from images that are in use',
  ),
  IMAGE_PLATFORM: kind(
    1,
    (f: { image: string; is: string; host: string }) =>
      `the image ${f.image} is for ${f.is}, and this host is ${f.host}`,
    (f) => `build it for this host: docker build --platform ${f.host}`,
  ),
  IMAGE_MISMATCH: kind(
    1,
    (f: { image: string; got: string }) => `what arrived as the image ${f.image} is ${f.got}`,
    () => 'send it again; if that does not help, what sends it alters it',
  ),
  NETWORK_MISSING: kind(
    1,
    (f: { why: string }) => `a container cannot join its network: ${f.why}`,
    () => 'create it with docker network create, or correct run.networks',
  ),
};
