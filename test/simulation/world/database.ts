/** A command that runs by itself once it was started, whoever started it. */
export type Job = {
  readonly revision: string;
  readonly isMigration: boolean;
  /** Revisions that cannot live with what it does. */
  readonly breaks: readonly string[];
  /** By the monotonic clock. */
  readonly endsAt: number;
  is: 'running' | 'ended';
};

/** The database that both slots share: what was done to it, by key, and which revisions cannot live with it. */
export class SimulatedDatabase {
  readonly jobs = new Map<string, Job>();
  /** Revisions that fail on it, and whose migration made it so. */
  readonly broken = new Map<string, string>();
  /** Whose migrations are in force or on their way. */
  readonly migrated = new Set<string>();
  #running: Job[] = [];

  begin(key: string, job: Omit<Job, 'is'>): void {
    const begun: Job = { ...job, is: 'running' };
    this.jobs.set(key, begun);
    this.#running.push(begun);
    if (job.isMigration) this.migrated.add(job.revision);
  }

  /** It is made to end early, and has done its harm nevertheless. */
  stop(key: string): void {
    const job = this.jobs.get(key);
    if (job?.is === 'running') this.#end(job);
  }

  /** What runs long enough is done. */
  pass(now: number): void {
    if (this.#running.length === 0) return;
    for (const job of this.#running) if (job.is === 'running' && job.endsAt <= now) this.#end(job);
    this.#running = this.#running.filter(({ is }) => is === 'running');
  }

  #end(job: Job): void {
    job.is = 'ended';
    if (job.isMigration) {
      for (const other of job.breaks) if (!this.broken.has(other)) this.broken.set(other, job.revision);
      return;
    }
    this.migrated.delete(job.revision);
    for (const [other, by] of this.broken) if (by === job.revision) this.broken.delete(other);
  }
}
