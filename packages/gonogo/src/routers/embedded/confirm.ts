import { request } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { SlotName } from '../../domain/slot.ts';
import type { ListenerSpec } from '../../wire/keeper.ts';

const within = 5_000;

export type Question = {
  readonly front: ListenerSpec;
  readonly path: string;
  /** In the Host field; absent: the address. */
  readonly host: string | undefined;
  readonly tls: boolean;
  readonly secret: string;
};

/** Asks the front, on a connection of its own, which slot answers a path; undefined when none does. */
export function askFront({ front, path, host, tls, secret }: Question): Promise<SlotName | undefined> {
  const { promise, resolve } = Promise.withResolvers<SlotName | undefined>();
  const headers = { 'gonogo-confirm': secret, ...(host === undefined ? {} : { host }) };
  const asked = { ...front, path, headers, agent: false, signal: AbortSignal.timeout(within) };
  // Its certificate is for users: that this is our proxy is known by the secret, which only it can answer.
  const names = { rejectUnauthorized: false, ...(host === undefined ? {} : { servername: host }) };
  const question = tls ? requestSecurely({ ...asked, ...names }) : request(asked);
  question.on('response', (answer) => {
    answer.on('error', () => resolve(undefined));
    answer.on('end', () => resolve(slotIn(answer.headers['gonogo-slot'])));
    answer.resume();
  });
  question.on('error', () => resolve(undefined)); // Refused, cut or too late: nobody answers.
  question.end();
  return promise;
}

const slotIn = (header: unknown): SlotName | undefined =>
  header === 'blue' || header === 'green' ? header : undefined;
