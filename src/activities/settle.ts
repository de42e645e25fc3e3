import type { ControlTarget, ReadResult, SendResult, ServiceControl } from '../connectors/serviceControl/index.js';
import { obeys, readBackText, wantedState, type ChannelState, type Wanted } from '../domain/holds.js';
import type { Instant } from '../domain/instant.js';
import type { Settled } from '../domain/suspension.js';
import { faultPoint } from '../faultPoint.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { orderKey } from '../store/orderKey.js';
import { OrderBook, type Order, type Standing } from '../store/orders.js';
import type { ActivityDeps } from './deps.js';
import { reach } from './reach.js';

export interface SettleInput {
  readonly target: string;
  /** The suspension that asks, and whether its own hold must be among those in the register. */
  readonly suspension: string;
  readonly goal: 'held' | 'released';
  readonly reason: string;
  readonly at: Instant;
}

/** Wishes that change while a function is being settled are followed this often; then the workflow asks again. */
const ROUNDS = 4;

/**
 * What the outside may take for a look-up, an order, its read-back and the outside test together. What is not answered by
 * then is unknown, and looked up by the next try. Two seconds of the twenty are left for the register.
 */
const PATIENCE_MS = 18_000;

/**
 * Makes the channel system obey: derives what must hold from all holds, writes order *n* before sending it, reads back,
 * and looks at the holds again. A retry reuses *n*; drift or a changed wish makes *n* + 1, after an unknown *n* is settled.
 * Answers within 20 seconds what the outside world said, failures included.
 * @param patienceMs for all calls together, the wait for the function's lock included
 */
export async function settle(deps: ActivityDeps, input: SettleInput, patienceMs = PATIENCE_MS): Promise<Settled> {
  const patience = AbortSignal.timeout(patienceMs);
  const [documents, connection] = await Promise.all([currentDocuments(deps.store.db), deps.store.pool.connect()]);
  let book: OrderBook | undefined;
  try {
    book = await OrderBook.open(connection, input.target, input.suspension, deps.now(input.at));
    if (!book) {
      connection.release();
      return { kind: 'not-yet', problem: 'LOCK_BUSY', afterSeconds: 2 };
    }
    faultPoint('settle.locked');
    const settled = await new Settlement(deps, input, book, documents, patience).run();
    faultPoint('settle.recorded');
    return settled;
  } catch (error) {
    // The lock belongs to the session: a connection in an unknown state must not go back to the pool with it.
    connection.release(error instanceof Error ? error : true);
    book = undefined;
    throw error;
  } finally {
    // The answer does not wait for the lock to be given back.
    void book?.close().then(
      () => connection.release(),
      (error: unknown) => connection.release(error instanceof Error ? error : true),
    );
  }
}

class Settlement {
  private readonly control: ServiceControl;
  private readonly known: ControlTarget;
  private readonly defaultLimit: number | undefined;
  private readonly defaultInFlight: 'finish' | 'hold' | 'reject';
  private executedAt: Instant | undefined;
  /** Holds as they were right after the last read-back. */
  private after: Standing | undefined;

  constructor(
    private readonly deps: ActivityDeps,
    private readonly input: SettleInput,
    private readonly book: OrderBook,
    documents: AllDocuments,
    private readonly patience: AbortSignal,
  ) {
    const { fn, control, known } = reach(deps, documents, input.target);
    this.control = control;
    this.known = known;
    this.defaultLimit = fn.restrictedLimitYen;
    this.defaultInFlight = fn.inFlight;
  }

  async run(): Promise<Settled> {
    for (let round = 1; round <= ROUNDS; round++) {
      const standing = round === 1 ? this.book.opened : await this.book.standing();
      if (
        this.input.goal === 'held' &&
        !standing.holds.some(({ suspension }) => suspension === this.input.suspension)
      ) {
        return { kind: 'refused', problem: 'HOLD_MISSING' };
      }
      const wanted = this.wanted(standing);
      const outcome = await this.obey(wanted, standing);
      if (outcome.kind !== 'in-effect') return outcome;
      const after = this.after!;
      if (same(this.wanted(after), wanted)) {
        const others = after.holds.map(({ suspension }) => suspension).filter((id) => id !== this.input.suspension);
        return { ...outcome, alsoHeldBy: others };
      }
    }
    return { kind: 'not-yet', problem: 'WISH_KEEPS_CHANGING' };
  }

  private wanted({ holds }: Standing): Wanted {
    return wantedState(holds, this.defaultLimit);
  }

  private async obey(wanted: Wanted, { last, inFlight }: Standing): Promise<Settled> {
    const earlier = last && (await this.lookUp(last, wanted));
    if (earlier?.settled) return earlier.settled;
    const n = earlier?.reuse ?? (last?.n ?? 0) + 1;
    const written = n === last?.n || (last === undefined && this.book.begun);
    if (!written) await this.book.write(n, wanted, this.deps.now(this.input.at));
    faultPoint('settle.order-written');

    const order = {
      key: await orderKey(this.deps.store, this.input.target, n),
      wanted: wanted.state,
      inFlight: (inFlight as 'finish' | 'hold' | 'reject' | undefined) ?? this.defaultInFlight,
      limitYen: wanted.limitYen,
      reason: this.input.reason,
    };
    const sent = await this.control.send(this.known, order, this.patience);
    faultPoint('settle.sent');
    this.executedAt = sent.kind === 'accepted' ? this.deps.now(this.input.at) : undefined;
    if (sent.kind !== 'accepted') await this.book.attempted(n, `send ${wanted.state}`, describe(sent));
    if (sent.kind === 'by-hand') {
      await this.book.mark(n, 'by-hand', 'BY_HAND');
      return { kind: 'by-hand', problem: 'BY_HAND', order: n, instruction: sent.instruction };
    }
    if (sent.kind === 'refused') {
      await this.book.mark(n, 'refused', sent.detail);
      return { kind: 'refused', problem: sent.detail, order: n };
    }
    if (sent.kind === 'retry-later')
      return { kind: 'not-yet', problem: 'RETRY_LATER', order: n, afterSeconds: sent.afterSeconds };

    const back = await this.read();
    faultPoint('settle.read-back');
    if (back.kind === 'state' && obeys(back, wanted)) return this.proven(n, wanted.state);
    await this.book.mark(n, 'unknown', sent.kind === 'accepted' ? 'ACCEPTED' : sent.detail, this.executedAt);
    const problem = back.kind === 'state' ? `READ_BACK ${readBackText(back)}` : describe(back);
    return {
      kind: 'not-yet',
      problem,
      order: n,
      ...(back.kind === 'retry-later' && { afterSeconds: back.afterSeconds }),
    };
  }

  /**
   * What became of the last order, before anything is sent. An order that may or may not have happened is looked up; the
   * same number is sent again only while it is not known to have been taken.
   */
  private async lookUp(last: Order, wanted: Wanted): Promise<{ settled?: Settled; reuse?: number }> {
    const sameWish = same(last, wanted);
    if (last.status === 'refused') return {};
    // What a person was asked to do is told again, under its number.
    if (last.status === 'by-hand') return sameWish ? { reuse: last.n } : {};
    const back = await this.read();
    await this.book.attempted(last.n, 'look-up', describe(back));
    // Nothing can be looked up any more but by the person who is asked.
    if (back.kind === 'by-hand') return {};
    if (back.kind !== 'state') {
      return {
        settled: {
          kind: 'not-yet',
          problem: describe(back),
          order: last.n,
          ...(back.kind === 'retry-later' && { afterSeconds: back.afterSeconds }),
        },
      };
    }
    // Proof of a stop is more than its read-back: the outside test decides.
    if (obeys(back, wanted) && sameWish) return { settled: await this.proven(last.n, wanted.state) };
    if (obeys(back, orderedState(last)) && last.status !== 'confirmed')
      await this.book.confirm(last.n, back.state, this.deps.now(this.input.at));
    // Not every channel system tells its limit: only an order of its own brings a lower one.
    if (back.state === wanted.state && wanted.state !== 'RESTRICTED')
      return { settled: await this.proven(undefined, wanted.state) };
    if (sameWish && (last.status === 'written' || (last.status === 'unknown' && last.detail !== 'ACCEPTED')))
      return { reuse: last.n };
    if (last.status !== 'confirmed') await this.book.mark(last.n, 'refused', 'NO_EFFECT');
    return {};
  }

  /** In effect by read-back, and by a refused outside test where the connector has one. */
  private async proven(n: number | undefined, state: ChannelState): Promise<Settled> {
    if (state === 'SUSPENDED') {
      const probe = await this.control.probe(this.known, this.patience);
      if (probe.kind === 'went-through')
        return { kind: 'not-yet', problem: 'PROBE_WENT_THROUGH', ...(n !== undefined && { order: n }) };
      if (probe.kind === 'unknown')
        return { kind: 'not-yet', problem: probe.detail, ...(n !== undefined && { order: n }) };
    }
    const verifiedAt = this.deps.now(this.input.at);
    const after = await this.book.conclude(n, state, verifiedAt, this.executedAt);
    this.after = after;
    return {
      kind: 'in-effect',
      state,
      verifiedAt,
      alsoHeldBy: [],
      ...(n !== undefined && { order: n }),
      ...(after.executedAt && { executedAt: after.executedAt }),
    };
  }

  private read(): Promise<ReadResult> {
    return this.control.read(this.known, this.patience);
  }
}

const orderedState = ({ wanted, limitYen }: Order): Wanted => ({
  state: wanted,
  ...(limitYen !== undefined && { limitYen }),
});

const same = (a: { wanted: ChannelState; limitYen?: number } | Wanted, b: Wanted) =>
  ('wanted' in a ? a.wanted : a.state) === b.state && a.limitYen === b.limitYen;

function describe(result: ReadResult | SendResult): string {
  if ('detail' in result) return result.detail;
  if (result.kind === 'state') return readBackText(result);
  return result.kind.toUpperCase().replace('-', '_');
}
