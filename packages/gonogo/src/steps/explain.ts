import type { CheckResult } from '../domain/check.ts';
import type { SlotName } from '../domain/slot.ts';
import type { ObservedInstance } from '../ports/runtime.ts';
import type { Tools } from './tools.ts';

export type Explained = { readonly why: string; readonly hint: string };

/** Why an instance that ended did so, as far as its exit and its last lines tell. */
export function explainEnd(instance: ObservedInstance, slot: SlotName, lines: readonly string[]): Explained {
  const taken = lines
    .map((line) => /EADDRINUSE|address already in use/i.test(line) && portIn(line))
    .find(Boolean);
  if (taken && Number(taken) !== (instance.inner ?? instance.port)) {
    return {
      why: `an instance in ${slot} ended because port ${taken}, which it wants to listen on, is in use`,
      hint: `the port is hard-coded: listen on the port in the environment variable PORT instead of ${taken}`,
    };
  }
  const last = lastWords(lines);
  if (instance.state.is === 'ended' && instance.state.outOfMemory)
    return shortage(slot, instance.state.outOfMemory);
  const missing = instance.inner === undefined ? undefined : missingCommand(lines);
  if (missing !== undefined) {
    return {
      why: `an instance in ${slot} cannot start: its image has no command ${missing}`,
      hint: 'correct run.command, or the CMD of the image; its programs must be for this machine, with their libraries',
    };
  }
  if (instance.inner !== undefined && lines.some((line) => /EROFS|read-only file system/i.test(line))) {
    return {
      why: `an instance in ${slot} ${howItEnded(instance)} because it writes to its own files, which are read-only: ${(last ?? '').slice(0, 200)}`,
      hint: 'write to /tmp or to a folder of run.shared, or say run.read_only: false',
    };
  }
  return {
    why: `an instance in ${slot} ${howItEnded(instance)}${last ? `; its last words: ${last.slice(0, 200)}` : ''}`,
    hint: 'its whole output is kept with this rollout: gonogo show',
  };
}

/** An instance that runs, and what its last probe saw. */
export type Silent = {
  readonly instance: ObservedInstance;
  readonly slot: SlotName;
  readonly last: CheckResult | undefined;
};

/** Why a running instance does not become ready. */
export async function explainSilence(
  tools: Pick<Tools, 'runtime'>,
  { instance, slot, last }: Silent,
): Promise<Explained> {
  const listening = (await tools.runtime.listening(instance.id)) ?? [];
  if (listening.some(({ host, port }) => port === instance.inner && isLoopback(host))) {
    return {
      why: `an instance in ${slot} listens on 127.0.0.1:${instance.inner} inside its container, where nothing from outside reaches it`,
      hint: 'listen on every address of the container: on 0.0.0.0, which is in the environment variable HOST',
    };
  }
  if (listening.length > 0 && !listening.some(({ port }) => port === instance.port)) {
    const ports = [...new Set(listening.map(({ port }) => port))].join(', ');
    return {
      why: `an instance in ${slot} listens on port ${ports}, not on the port ${instance.inner ?? instance.port} it was given`,
      hint:
        instance.inner === undefined
          ? 'the port is hard-coded: listen on the port in the environment variable PORT'
          : `say run.port: ${ports}, or listen on the port in the environment variable PORT`,
    };
  }
  if (listening.length === 0 && last?.kind === 'http') {
    return {
      why: `an instance in ${slot} runs but listens on no port`,
      hint: 'listen on the port in the environment variable PORT, and see its output with gonogo show',
    };
  }
  return {
    why: `an instance in ${slot} did not become ready: ${last ? last.saw : 'it was never asked'}`,
    hint: last?.hint ?? 'see what its readiness waits for, or give it longer with health.startup',
  };
}

/** What Node.js prints after the line that names an error: indented stack and facts, a brace, its own version. */
const afterwards = /^(\s|[{}[\]]+$|Node\.js v\d)/;

/** The last line that says something: of a crash it is the error's own, not the end of its stack. */
function lastWords(lines: readonly string[]): string | undefined {
  const said = lines.filter((line) => line.trim() !== '');
  return (said.findLast((line) => !afterwards.test(line)) ?? said.at(-1))?.trim();
}

/** What the first process of a container prints when it cannot become the command. */
const missingCommand = (lines: readonly string[]): string | undefined =>
  lines.map((line) => /exec (\S+) failed: No such file or directory/.exec(line)?.[1]).find(Boolean);

const isLoopback = (host: string): boolean => host === '::1' || host.startsWith('127.');

const portIn = (line: string): string | undefined => /:(\d{1,5})\b/.exec(line)?.[1];

function howItEnded({ state }: ObservedInstance): string {
  if (state.is !== 'ended') return 'is gone';
  return state.signal === null ? `ended with exit code ${state.code}` : `was ended by ${state.signal}`;
}

const shortage = (slot: string, of: 'limit' | 'host') =>
  of === 'limit'
    ? {
        why: `an instance in ${slot} was killed because it used more memory than it may`,
        hint: 'raise its limit (run.memory of a container), or find out what takes the memory',
      }
    : {
        why: `an instance in ${slot} was killed because the host had no memory left`,
        hint: 'give the host more memory, run fewer instances, or find out what takes it',
      };
