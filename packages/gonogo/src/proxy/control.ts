import { messageOf } from '../errors.ts';
import { whyUnusable } from '../system/certificate.ts';
import type { RpcHandlers } from '../system/rpc.ts';
import { RpcError } from '../system/rpc.ts';
import { inWords, problemsOf } from '../wire/problems.ts';
import {
  type ProxyInput,
  ProxyInputs,
  type ProxyMethod,
  proxyVersion,
  type RouteWire,
} from '../wire/proxy.ts';
import { takenBy } from '../wire/reach.ts';
import { counted } from './counters.ts';
import { type Drained, drain } from './drain.ts';
import { follow } from './follow.ts';
import type { Front } from './front.ts';
import type { LiveRoute } from './live-route.ts';
import { allMetrics } from './metrics.ts';
import type { Routes } from './routes.ts';
import type { Stored } from './routes-file.ts';
import { RoutesStore } from './routes-store.ts';
import type { Settings } from './settings.ts';
import { Staged } from './staged.ts';
import { statsOf } from './stats.ts';
import {
  published,
  routeOf,
  type SlotName,
  type SplitOf,
  type Table,
  unpublished,
  withHold,
  withMembers,
} from './table.ts';
import { refuseStale, type Ticket, Tickets } from './tickets.ts';

export type ControlOptions = {
  readonly routes: Routes;
  readonly settings: Settings;
  readonly front: Front;
  readonly file: string;
  /** The control sockets of all workers, this one's among them. */
  readonly sockets: (workers: number) => string[];
  /** True for the one worker that writes the routes file. */
  readonly writes: boolean;
  /** What was loaded, and is served already. */
  readonly stored: Stored;
  /** Resolves when `replacedHandlers` are served elsewhere, since the next one has the name of this. */
  readonly retire: (deadline: number) => Promise<void>;
};

type Place = { target: string; slot: SlotName };

/** The control side of a proxy. Every change is stored before it is served, and served before it is acknowledged. */
export class Control {
  readonly #options: ControlOptions;
  readonly #store: RoutesStore;
  readonly #tickets = new Tickets();
  readonly #staged: Staged;
  readonly #drains: Promise<Drained>[] = [];

  constructor(options: ControlOptions) {
    this.#options = options;
    this.#store = new RoutesStore({ ...options, serve: (stored) => this.#serve(stored) });
    this.#staged = new Staged(options.file);
  }

  handlers(): RpcHandlers {
    const { front } = this.#options;
    const program = process.argv[1] ?? '';
    const hello = {
      pid: process.pid,
      version: proxyVersion,
      program,
      secret: this.#store.stored.secret,
      listen: front.listen,
    };
    return {
      hello: () => hello,
      observe: checked('observe', ({ target }) => this.#observe(target)),
      publish: checked('publish', (input) => this.#publish(input)),
      unpublish: checked('unpublish', ({ target }) =>
        this.#store.change((stored) => withTable(stored, unpublished(stored.table, target))),
      ),
      members: checked('members', (input) => this.#store.change((stored) => members(stored, input))),
      prepare: checked('prepare', (input) => this.#prepare(input)),
      commit: checked('commit', ({ token }) => this.#commit(token)),
      drop: checked('drop', ({ token }) => this.#drop(token)),
      counters: checked('counters', (place) => counted(this.#pool(place).traffic)),
      drain: checked('drain', (input) => this.#drain(input)),
      hold: checked('hold', (input) => this.#hold(input)),
      release: checked('release', ({ target }) => this.#release(target)),
      reload: checked('reload', () => this.#store.reload()),
      stats: checked('stats', () => this.stats()),
      metrics: checked('metrics', () => this.metrics()),
      retire: checked('retire', ({ deadline }) => this.#retire(deadline)),
    };
  }

  /** What is asked of one that retires: its users are not known to the next one, and follow a flip before it is acknowledged. */
  replacedHandlers(): RpcHandlers {
    return {
      reload: checked('reload', () => this.#store.reload()),
      drain: checked('drain', (input) => {
        const drained = this.#drainReplaced(input);
        this.#drains.push(drained);
        return drained;
      }),
    };
  }

  /** Resolves when whoever asked it to drain is answered. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.#drains);
  }

  stats() {
    return statsOf(this.#store.stored.table, this.#options);
  }

  /** The counts of all workers in Prometheus' text format. */
  metrics(): Promise<string> {
    const { sockets } = this.#options;
    return allMetrics(sockets(this.#store.stored.settings.workers ?? 1));
  }

  #observe(target: string): { split: SplitOf; generation: number; settled: boolean } {
    const route = routeOf(this.#store.stored.table, target);
    return { split: route?.split ?? 'nobody', generation: route?.generation ?? 0, settled: true };
  }

  async #publish(input: ProxyInput<'publish'>): Promise<void> {
    const why = input.rules?.tls && (await whyUnusable(input.rules.tls));
    if (why !== undefined) throw new RpcError('BAD_CERTIFICATE', why);
    await this.#store.change((stored) => publish(stored, input));
  }

  async #prepare(input: ProxyInput<'prepare'>): Promise<{ token: string; generation: number }> {
    const prepared = this.#tickets.prepare(this.#route(input.target), input);
    await this.#store.change((stored) => withTable(stored, this.#tickets.fence(stored.table, input)));
    await this.#stage(prepared.token);
    return prepared;
  }

  /** All of a shift that takes long is done before it is committed: users are moved by a rename. */
  async #stage(token: string): Promise<void> {
    if (!this.#options.writes) return;
    const ticket = this.#tickets.find(token);
    await this.#store.inTurn(async (from) => {
      const to = this.#shifted(from, ticket);
      await this.#staged.stage(token, { target: ticket.target, from, to });
    });
  }

  async #commit(token: string): Promise<{ generation: number }> {
    const ticket = this.#tickets.find(token);
    await this.#store.inTurn(async (from) => {
      const staged = await this.#staged.commit(token, from);
      await (staged ? this.#store.serve(staged) : this.#store.save(this.#shifted(from, ticket)));
    });
    await this.#drop(token);
    return { generation: ticket.generation + 1 };
  }

  #shifted(stored: Stored, ticket: Ticket): Stored {
    const route = routeOf(stored.table, ticket.target);
    if (!route) throw noRoute(ticket.target);
    return withTable(stored, this.#tickets.commit(stored.table, route, ticket));
  }

  async #drop(token: string): Promise<void> {
    this.#tickets.drop(token);
    await this.#staged.drop(token);
  }

  async #hold({ target, ...bounds }: ProxyInput<'hold'>): Promise<void> {
    const route = this.#live(target);
    const hold = { ...bounds, until: Date.now() + bounds.within };
    await this.#store.change((stored) => withTable(stored, withHold(stored.table, target, hold)));
    route.hold(bounds);
  }

  async #release(target: string): Promise<void> {
    this.#live(target).release();
    await this.#store.change((stored) => withTable(stored, withHold(stored.table, target, undefined)));
  }

  /** Nobody tells it anything from now on: those who stay with it go by what the next one stores. */
  async #retire(deadline: number): Promise<void> {
    const { file, routes, retire } = this.#options;
    const goOn = async (): Promise<void> => {
      await this.#store.reload();
      routes.releaseServed();
    };
    follow(file, () => void goOn().catch((error: unknown) => console.error(messageOf(error))));
    await retire(deadline);
  }

  async #serve(stored: Stored): Promise<void> {
    const { settings, routes, front } = this.#options;
    settings.apply(stored.settings);
    routes.serve(stored.table);
    await front.configure(stored.table, stored.settings);
  }

  async #drainReplaced(input: ProxyInput<'drain'>): Promise<Drained> {
    await this.#store.reload(); // Who comes from now on goes where the next one sends them.
    return await this.#drain(input);
  }

  #drain({ deadline, instances, ...place }: ProxyInput<'drain'>) {
    const budgets = this.#route(place.target).rules?.drain ?? {};
    return drain(this.#pool(place), { deadline, budgets, instances });
  }

  #route(target: string): RouteWire {
    const route = routeOf(this.#store.stored.table, target);
    if (!route) throw noRoute(target);
    return route;
  }

  #live(target: string): LiveRoute {
    const route = this.#options.routes.route(target);
    if (!route) throw noRoute(target);
    return route;
  }

  #pool({ target, slot }: Place) {
    return this.#live(target).pools[slot];
  }
}

const noRoute = (target: string): RpcError => new RpcError('NO_ROUTE', `there is no route for ${target}`);

const withTable = (stored: Stored, table: Table): Stored =>
  table === stored.table ? stored : { ...stored, table };

/** Two targets never have the same host and path; settings of a proxy that others use as well are only added to. */
function publish(stored: Stored, { target, rules = {}, settings = {} }: ProxyInput<'publish'>): Stored {
  const table = published(stored.table, target, rules);
  const other = takenBy(table, target);
  if (other !== undefined) throw new RpcError('TAKEN', other);
  const shared = table.length > 1;
  const next = shared ? { ...stored.settings, ...settings } : settings;
  const same = JSON.stringify(next) === JSON.stringify(stored.settings);
  return same ? withTable(stored, table) : { ...stored, table, settings: next };
}

function members(stored: Stored, input: ProxyInput<'members'>): Stored {
  const route = routeOf(stored.table, input.target);
  if (!route) throw noRoute(input.target);
  if (input.fence !== undefined) refuseStale(route, input.fence);
  return withTable(stored, withMembers(stored.table, input, input.members));
}

/** A handler that acts only on input of the right shape. */
function checked<M extends ProxyMethod>(method: M, act: (input: ProxyInput<M>) => unknown) {
  return (input: unknown): unknown => {
    const parsed = ProxyInputs[method].safeParse(input, inWords);
    if (!parsed.success) throw new RpcError('BAD_INPUT', `${method}: ${problemsOf(parsed.error).join('; ')}`);
    return act(parsed.data as ProxyInput<M>);
  };
}
