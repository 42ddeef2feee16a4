import { closeSync, writeSync } from 'node:fs';
import { type Problem, tellProblem } from '../errors.ts';

let announced = false;

/**
 * Tells the command that started this agent, over the descriptor it gave us, that the API answers or why it never will.
 * It is told once; an agent in the foreground has nobody to tell.
 */
export function announce(what: 'ready' | { readonly failed: Problem }): void {
  const descriptor = Number(process.env.GONOGO_READY_FD);
  if (announced || !descriptor) return;
  announced = true;
  delete process.env.GONOGO_READY_FD;
  const line = what === 'ready' ? { ready: true } : { failed: tellProblem(what.failed) };
  try {
    writeSync(descriptor, `${JSON.stringify(line)}\n`);
    closeSync(descriptor);
  } catch {
    // The command went away meanwhile; the agent is there for the next one.
  }
}
