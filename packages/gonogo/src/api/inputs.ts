import type * as z from 'zod/mini';
import { problem } from '../errors.ts';
import {
  AbortInput,
  ApproveInput,
  DeployInput,
  HistoryInput,
  NoInput,
  RecordReleaseInput,
  ReleaseInput,
  ReleasesInput,
  RollbackInput,
  RolloutInput,
  StatusInput,
  StopInput,
  VerifyInput,
} from '../wire/api.ts';
import { inWords, problemsOf } from '../wire/problems.ts';
import type { Api, Operation } from './contract.ts';

type InputOf<O extends Operation> = Parameters<Api[O]> extends [infer I, ...unknown[]] ? I : undefined;

/** What each operation takes; the types are held to the contract's. */
export const operationInputs = {
  hello: NoInput,
  deploy: DeployInput,
  plan: DeployInput,
  rollback: RollbackInput,
  approve: ApproveInput,
  abort: AbortInput,
  status: StatusInput,
  history: HistoryInput,
  rollout: RolloutInput,
  recordRelease: RecordReleaseInput,
  release: ReleaseInput,
  releases: ReleasesInput,
  releasePackages: ReleaseInput,
  verifyReleases: VerifyInput,
  processes: NoInput,
  stop: StopInput,
} satisfies { [O in Operation]: z.ZodMiniType<InputOf<O>> };

/** The value, if it is what the schema asks; fails with API_INPUT. */
export function checkInput<T>(schema: z.ZodMiniType<T>, value: unknown, operation: string): T {
  const result = schema.safeParse(value, inWords);
  if (!result.success) throw problem('API_INPUT', { operation, problems: problemsOf(result.error) });
  return result.data;
}

/** The value of a JSON text, checked; an empty text is no input. */
export const readJson = <T>(schema: z.ZodMiniType<T>, text: string, operation: string): T =>
  checkInput(schema, text === '' ? undefined : parseJson(text, operation), operation);

function parseJson(text: string, operation: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without its cause: the parser's message quotes the input, which may hold secrets.
    throw problem('API_INPUT', { operation, problems: ['it is not JSON'] });
  }
}
