import { messageOf, Problem, problem, tellProblem } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import type { ApiError } from './contract.ts';

const statuses: Readonly<Record<string, number>> = {
  API_FORBIDDEN: 403,
  API_ROUTE_UNKNOWN: 404,
  ROLLOUT_UNKNOWN: 404,
  NOT_DEPLOYED: 404,
  API_TOO_LARGE: 413,
  INTERNAL: 500,
};

/** The HTTP status of a problem: 4xx when the caller can do something about it, else 5xx. */
export const statusOf = ({ code, exit }: ApiError): number => statuses[code] ?? (exit === 3 ? 500 : 409);

/** What is told of an error. An unexpected one is logged, and told without its text, which may hold anything. */
export function tellError(error: unknown, operation: string, log: Logger): ApiError {
  if (error instanceof Problem) return tellProblem(error);
  log.error('unexpected error', { operation, error: messageOf(error), stack: stackOf(error) });
  return tellProblem(problem('INTERNAL', { what: `an unexpected error in ${operation}; agent.log has it` }));
}

const stackOf = (error: unknown): string | undefined => (error instanceof Error ? error.stack : undefined);
