import type { CheckState, Status } from './check.ts';

/** A request as far as health needs it. */
export type HealthRequest = {
  readonly method: string;
  /** The request target: `/readyz?verbose`. */
  readonly url: string;
  readonly accept?: string | undefined;
  /** The caller may see outputs, durations and ages. */
  readonly trusted: boolean;
};

export type HealthResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What is known now. */
export type Known = {
  readonly checks: readonly CheckState[];
  readonly release: string | undefined;
  readonly shuttingDown: boolean;
};

type Asked = {
  readonly status: Status;
  readonly checks: readonly CheckState[];
  readonly output?: string;
  /** Whether what is wrong is wrong for other instances as well. */
  readonly scope?: CheckState['scope'];
};

/** Answers a health request; undefined when the path is not one of health's. */
export function answer(request: HealthRequest, known: Known): HealthResponse | undefined {
  const [path = '', query] = request.url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const excluded = parameters.getAll('exclude').flatMap((names) => names.split(','));
  const asked = ask(path, { ...known, checks: known.checks.filter(({ name }) => !excluded.includes(name)) });
  if (asked === undefined) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return respond(405, 'text/plain', 'GET or HEAD\n');
  if (asked === 'no such check') return respond(404, 'text/plain', 'there is no such check\n');
  const status = passes(asked.status) ? 200 : 503;
  const checks = parameters.has('verbose') ? asked.checks : undefined;
  if (/^\s*text\/plain\b/.test(request.accept ?? ''))
    return respond(status, 'text/plain', text(asked.status, checks));
  const { output, scope } = asked;
  const told =
    checks && Object.fromEntries(checks.map((check) => [check.name, [view(check, request.trusted)]]));
  const body = { status: asked.status, releaseId: known.release, scope, output, checks: told };
  return respond(status, 'application/health+json', `${JSON.stringify(body)}\n`);
}

function ask(path: string, known: Known): Asked | 'no such check' | undefined {
  if (path === '/healthz' || path === '/livez') return live(known.checks);
  if (path === '/startupz') return startup(known.checks);
  if (path === '/readyz') return ready(known);
  if (!path.startsWith('/readyz/')) return undefined;
  const check = known.checks.find(({ name }) => [name, encodeURIComponent(name)].includes(path.slice(8)));
  return check ? { status: check.status, checks: [check] } : 'no such check';
}

/** Only what this process itself can break; a check that has not run yet is no reason for a restart. */
function live(checks: readonly CheckState[]): Asked {
  const mine = checks.filter((check) => check.probe === 'live');
  return { status: worst(mine.filter((check) => check.ageMs !== undefined)), checks: mine };
}

/** Stays passed once everything critical has passed. */
function startup(checks: readonly CheckState[]): Asked {
  const mine = checks.filter((check) => check.probe !== 'live');
  return { status: mine.every((check) => check.started || !check.critical) ? 'pass' : 'fail', checks: mine };
}

function ready({ checks, shuttingDown }: Known): Asked {
  const mine = checks.filter((check) => check.probe === 'ready');
  if (shuttingDown) return { status: 'fail', checks: mine, output: 'shutting down' };
  const begun = startup(checks);
  if (begun.status !== 'pass') return begun;
  const status = worst(mine);
  return passes(status) ? { status, checks: mine } : { status, checks: mine, scope: blamed(mine) };
}

/** `shared` only if everything critical that does not pass is: then another instance is no better. */
const blamed = (checks: readonly CheckState[]): CheckState['scope'] =>
  checks.every(({ critical, status, scope }) => !critical || passes(status) || scope === 'shared')
    ? 'shared'
    : 'local';

const passes = (status: Status): boolean => status === 'pass' || status === 'warn';

const gravity: readonly Status[] = ['pass', 'warn', 'unknown', 'fail'];

/** The gravest status; what is not critical warns at most. */
function worst(checks: readonly CheckState[]): Status {
  const statuses = checks.map(({ status, critical }) => (critical || status === 'pass' ? status : 'warn'));
  return statuses.reduce((a, b) => (gravity.indexOf(b) > gravity.indexOf(a) ? b : a), 'pass');
}

/** As in the expired draft draft-inadarei-api-health-check-06, with more members. */
function view({ name: _, started: __, ...check }: CheckState, trusted: boolean): object {
  return trusted ? check : { status: check.status };
}

const marks: Readonly<Record<Status, string>> = { pass: '+', warn: '!', fail: '-', unknown: '?' };

/** `[+]db pass`, a line a check. */
const text = (status: Status, checks: readonly CheckState[] = []): string =>
  `${checks.map((check) => `[${marks[check.status]}]${check.name} ${check.status}\n`).join('')}${status}\n`;

function respond(status: number, type: string, body: string): HealthResponse {
  const length = String(Buffer.byteLength(body));
  const headers = { 'content-type': type, 'content-length': length, 'cache-control': 'no-store' };
  return { status, headers: status === 405 ? { ...headers, allow: 'GET, HEAD' } : headers, body };
}
