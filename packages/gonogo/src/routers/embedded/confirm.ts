import { request } from 'node:http';
import type { SlotName } from '../../domain/slot.ts';
import type { ListenerSpec } from '../../wire/keeper.ts';

const within = 5_000;

/** Asks the front, on a connection of its own, which slot answers a path; undefined when none does. */
export function askFront(front: ListenerSpec, path: string, secret: string): Promise<SlotName | undefined> {
  const { promise, resolve } = Promise.withResolvers<SlotName | undefined>();
  const headers = { 'gonogo-confirm': secret };
  const question = request({ ...front, path, headers, agent: false, signal: AbortSignal.timeout(within) });
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
