import { setTimeout as sleep } from 'node:timers/promises';
import type { Assembly } from '../assemble.ts';
import { isRunning } from '../domain/state.ts';
import { streamOf, type Target } from '../domain/target.ts';
import { messageOf } from '../errors.ts';
import type { Logger } from '../system/log.ts';
import { Environment } from './environment.ts';

/** An environment that something was deployed to; `report`: what its supervisor knows. */
export type Deployed = Pick<Environment, 'state' | 'scales' | 'report'> & { readonly target: Target };

/** Every environment of this state folder that was ever deployed to, opened once. */
export class Environments {
  readonly #assembly: Assembly;
  readonly #log: Logger;
  readonly #open = new Map<string, Promise<Environment>>();

  constructor(assembly: Assembly, log: Logger) {
    this.#assembly = assembly;
    this.#log = log;
  }

  /** Opens what the journal knows, so that what was under way is carried on; one that cannot be opened stops no other. */
  async recover(): Promise<void> {
    const streams = await this.#assembly.stores.journal.streams();
    const opened = await Promise.allSettled(streams.map((stream) => this.#at(stream)));
    for (const [i, result] of opened.entries()) {
      if (result.status === 'fulfilled') continue;
      this.#log.error('an environment could not be opened', {
        stream: streams[i],
        why: messageOf(result.reason),
      });
    }
  }

  /** The environment a target belongs to, opened if nothing was ever deployed to it. */
  of(target: Target): Promise<Environment> {
    return this.#at(streamOf(target));
  }

  /** The environment of a project by its name; undefined when nothing was ever deployed to it. */
  async named(project: string, environment: string): Promise<Environment | undefined> {
    const all = await this.all();
    return all.find(({ target }) => target?.project === project && target.environment === environment);
  }

  async all(): Promise<Environment[]> {
    return await Promise.all(this.#open.values());
  }

  /** Those that something was deployed to, as they are now. */
  async deployed(): Promise<Deployed[]> {
    return (await this.all()).flatMap(({ target, state, scales, report }) =>
      target ? [{ target, state, scales, report }] : [],
    );
  }

  /** Aborts every rollout that runs, and waits until each has ended, or for so long. */
  async putBack(by: string, patience: number): Promise<void> {
    const running = (await this.all()).filter(({ state }) => isRunning(state));
    await Promise.all(
      running.map((environment) => environment.abort(by, environment.target?.environment ?? '')),
    );
    const deadline = performance.now() + patience;
    while (running.some(({ state }) => isRunning(state)) && performance.now() < deadline) await sleep(50);
  }

  async close(): Promise<void> {
    for (const environment of await this.all()) await environment.close();
  }

  #at(stream: string): Promise<Environment> {
    const open = this.#open.get(stream) ?? Environment.open(this.#assembly, stream, this.#log);
    this.#open.set(stream, open);
    open.catch(() => this.#open.delete(stream)); // Whoever asked is told; the next one tries again.
    return open;
  }
}
