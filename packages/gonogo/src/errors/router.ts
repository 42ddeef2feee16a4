import { kind } from './catalogue.ts';

export const routerErrors = {
  LISTEN_FAILED: kind(
    2,
    (f: { host: string; port: number; why: string }) => `cannot listen on ${f.host}:${f.port}: ${f.why}`,
    (f) => `see what uses it with: ss -ltnp 'sport = :${f.port}'; or change the environment's listen:`,
  ),
  CERTIFICATE_UNUSABLE: kind(
    2,
    (f: { target: string; why: string }) => `the front of ${f.target} has no certificate: ${f.why}`,
    () => 'see that both files are there, belong together and can be read by the user the agent runs as',
  ),
  ROUTER_MOVED: kind(
    1,
    (f: { expected: string; actual: string }) =>
      `the router sends traffic to ${f.actual}, but this was planned while it sent it to ${f.expected}`,
    () => 'somebody else changed it; look at gonogo status and deploy again',
  ),
  PROXY_UNREACHABLE: kind(
    3,
    (f: { socket: string; why: string }) => `the proxy does not answer at ${f.socket}: ${f.why}`,
    () => 'the keeper starts it again by itself; see the proxy’s log in the state folder',
  ),
  ROUTE_MISSING: kind(
    3,
    (f: { target: string }) => `the router has no route for ${f.target}`,
    () => 'deploy it once more: the first deploy publishes the route',
  ),
  ROUTES_UNREADABLE: kind(
    3,
    (f: { path: string; why: string }) => `the routes file ${f.path} cannot be read: ${f.why}`,
    () => 'nothing was changed; restore the file, or remove it and deploy again',
  ),
};
