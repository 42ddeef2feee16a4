import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, type HealthRequest, type HealthResponse } from './answer.ts';
import { type CheckState, type HealthCheck, runCheck } from './check.ts';
import { drain, type Server, type ShutdownOptions, type ShutdownResult } from './shutdown.ts';
import { validate } from './validate.ts';

export type { HealthRequest, HealthResponse } from './answer.ts';
export type { Answer, CheckState, HealthCheck, Probe, Status } from './check.ts';
export type { ShutdownOptions, ShutdownResult } from './shutdown.ts';

export type HealthOptions = {
  readonly checks?: readonly HealthCheck[];
  /** What this instance runs; told as `releaseId`. Default: the environment's GONOGO_RELEASE. */
  readonly release?: string;
  /** True for callers that may see error texts and timings. Default: nobody. */
  readonly trust?: (request: IncomingMessage) => boolean;
};

export type Health = {
  /** Answers a health request of node:http, and true; false when the path is not one of health's. */
  handler(request: IncomingMessage, response: ServerResponse): boolean;
  /** The same for any other server; undefined when the path is not one of health's. */
  respond(request: HealthRequest): HealthResponse | undefined;
  /** What every check says now. */
  states(): CheckState[];
  /** Turns `/readyz` red while `/healthz` stays green, and drains the server. Call it once, at SIGTERM, then exit. */
  shutdown(server: Server, options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Ends the background checks. */
  stop(): void;
};

/** Starts the checks. Throws a TypeError for names that are not unique and for numbers that make no sense. */
export function createHealth(options: HealthOptions = {}): Health {
  const { checks = [], release = process.env.GONOGO_RELEASE, trust = () => false } = options;
  validate(checks);
  const running = checks.map((check) =>
    runCheck(check, { now: () => performance.now(), random: Math.random }),
  );
  let shuttingDown = false;
  const states = (): CheckState[] => running.map((check) => check.state());
  const stop = (): void => {
    for (const check of running) check.stop();
  };
  const respond = (request: HealthRequest): HealthResponse | undefined =>
    answer(request, { checks: states(), release, shuttingDown });
  return {
    respond,
    states,
    stop,
    handler: (request, response) => handle(request, response, { respond, trust }),
    shutdown: async (server, shutdownOptions = {}) => {
      shuttingDown = true;
      try {
        return await drain(server, shutdownOptions);
      } finally {
        stop();
      }
    },
  };
}

type Handling = Pick<Health, 'respond'> & Required<Pick<HealthOptions, 'trust'>>;

function handle(request: IncomingMessage, response: ServerResponse, { respond, trust }: Handling): boolean {
  const { method = 'GET', url = '/' } = request;
  const { accept } = request.headers;
  const found = respond({
    method,
    url,
    trusted: trust(request),
    ...(accept === undefined ? {} : { accept }),
  });
  if (!found) return false;
  response.writeHead(found.status, found.headers).end(method === 'HEAD' ? undefined : found.body);
  return true;
}
