import type Docker from 'dockerode';
import { messageOf, problem } from '../../errors.ts';

/** A connection to a Docker Engine: `calls` have a deadline, `streams` last. */
export type Engine = { readonly socket: string; readonly calls: Docker; readonly streams: Docker };

/** Loads the client when it is first needed; nothing is asked of the engine yet. `timeout` in milliseconds. */
export async function openEngine(socket: string, timeout: number): Promise<Engine> {
  const { default: Client } = await import('dockerode');
  const at = { socketPath: socket };
  return { socket, calls: new Client({ ...at, timeout }), streams: new Client(at) };
}

/** The answer's status when the engine answered with an error; undefined when it did not answer. */
export const statusOf = (error: unknown): number | undefined =>
  (error as { statusCode?: number } | undefined)?.statusCode;

/** The engine's own sentence about an error. */
export const reasonOf = (error: unknown): string =>
  (error as { json?: { message?: string } }).json?.message ?? messageOf(error);

/** Asks the engine; what goes wrong becomes an error of the catalogue, of which `what` is the infinitive. */
export async function asked<T>(engine: Engine, what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw engineProblem(engine, what, error);
  }
}

/** Asks for what may not be there: undefined then. */
export async function askedFor<T>(engine: Engine, what: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw engineProblem(engine, what, error);
  }
}

/** What a failed question to the engine means. */
export function engineProblem({ socket }: Engine, what: string, error: unknown): Error {
  if (statusOf(error) !== undefined) return problem('DOCKER_REFUSED', { what, why: reasonOf(error) }, error);
  switch ((error as { code?: string }).code) {
    case 'ENOENT':
      return problem('DOCKER_MISSING', { socket }, error);
    case 'EACCES':
      return problem('DOCKER_FORBIDDEN', { socket }, error);
    case 'ECONNREFUSED':
      return problem('DOCKER_DOWN', { socket, why: 'nothing listens there' }, error);
    default:
      return problem('DOCKER_DOWN', { socket, why: messageOf(error) }, error);
  }
}
