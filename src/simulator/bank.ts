import { canonicalJson } from '../domain/json.js';

/** The bank's own words; a connector's tables translate them. */
export type Status = 'OPEN' | 'LIMITED' | 'CLOSED';
export type InFlight = 'finish' | 'hold' | 'reject';
export const PURPOSES = ['customer', 'fraud', 'test'] as const;
export type Purpose = (typeof PURPOSES)[number];

export interface OrderBody {
  status: Status;
  limit?: number | undefined;
  inFlight?: InFlight | undefined;
}

export interface RequestBody {
  amountYen: number;
  requestKey?: string | undefined;
  purpose: Purpose;
}

/** What happened at the bank, in order. The bank's state is nothing but these, played again. */
export type BankEvent = { at: string } & (
  | { type: 'clock'; now: string | null }
  | { type: 'function'; code: string; limitYen?: number | undefined; queued: number }
  /** `pretended`: answered 200 and did nothing. `repeated`: same key and body again. `conflict`: same key, other body. */
  | ({
      type: 'order';
      code: string;
      key: string;
      digest: string;
      effect: 'applied' | 'pretended' | 'repeated' | 'conflict';
      /** The status is the ordered one, the limit the one of before. */
      limitKept?: true;
    } & OrderBody)
  | ({ type: 'request'; code: string; digest: string; accepted: boolean; reason?: Reason } & RequestBody)
  | { type: 'drift'; code: string; status: Status; limit?: number | undefined }
);
export type Reason = 'FUNCTION_CLOSED' | 'OVER_LIMIT';

export interface BankFunction {
  code: string;
  status: Status;
  /** Highest amount in yen while LIMITED. */
  limit: number | undefined;
  /** Items taken in and not done; what a stop made of them. */
  queued: number;
  held: number;
  finished: number;
  rejected: number;
  /** Status of the last order that was answered with yes, in effect or not: what a lying read tells. */
  told: Status;
}

export type Outcome<T> = { kind: 'done'; value: T } | { kind: 'conflict' };

/** The bank's channel system without its network: functions, orders, customers' requests. Deterministic. */
export class Bank {
  readonly events: BankEvent[] = [];
  readonly functions = new Map<string, BankFunction>();
  readonly #orders = new Map<string, string>();
  readonly #requests = new Map<string, Extract<BankEvent, { type: 'request' }>>();
  #now: string | null = null;

  /** @param keep is given each event before it counts; it writes it down. */
  constructor(private readonly keep: (event: BankEvent) => void = () => {}) {}

  /** Plays an event that was written down earlier. */
  replay(event: BankEvent): void {
    this.#apply(event);
  }

  setClock(now: string | null): void {
    this.#happened({ at: this.#at(), type: 'clock', now });
  }

  /** Brings a function into being; one that is there stays as it is. */
  add(code: string, limitYen?: number, queued = 0): BankFunction {
    if (!this.functions.has(code)) this.#happened({ at: this.#at(), type: 'function', code, limitYen, queued });
    return this.functions.get(code)!;
  }

  /** Takes an order; with `pretend` it is answered and remembered, and nothing else; with `keepLimit` its limit is not taken. */
  order(
    code: string,
    key: string,
    body: OrderBody,
    { pretend = false, keepLimit = false } = {},
  ): Outcome<BankFunction> {
    const { status, limit, inFlight } = body;
    const digest = canonicalJson({ code, status, limit, inFlight });
    const earlier = this.#orders.get(key);
    const effect =
      earlier === undefined
        ? pretend
          ? ('pretended' as const)
          : ('applied' as const)
        : earlier === digest
          ? ('repeated' as const)
          : ('conflict' as const);
    const order = {
      code,
      key,
      digest,
      effect,
      status,
      limit,
      inFlight,
      ...(keepLimit && { limitKept: true as const }),
    };
    this.#happened({ at: this.#at(), type: 'order', ...order });
    return effect === 'conflict' ? { kind: 'conflict' } : { kind: 'done', value: this.functions.get(code)! };
  }

  /** A request with a key is booked once and answered alike for ever; one without a key is judged each time. */
  request(code: string, body: RequestBody): Outcome<{ accepted: boolean; reason?: Reason | undefined }> {
    const { amountYen, requestKey, purpose } = body;
    const digest = canonicalJson({ amountYen, purpose });
    const earlier = requestKey === undefined ? undefined : this.#requests.get(requestId(code, requestKey));
    if (earlier) return earlier.digest === digest ? { kind: 'done', value: earlier } : { kind: 'conflict' };
    const fn = this.functions.get(code)!;
    const reason: Reason | undefined =
      fn.status === 'CLOSED'
        ? 'FUNCTION_CLOSED'
        : fn.status === 'LIMITED' && amountYen > (fn.limit ?? 0)
          ? 'OVER_LIMIT'
          : undefined;
    const judged = { code, digest, accepted: !reason, ...(reason ? { reason } : {}), amountYen, requestKey, purpose };
    this.#happened({ at: this.#at(), type: 'request', ...judged });
    return { kind: 'done', value: judged };
  }

  /** Changes a state behind everybody's back. */
  drift(code: string, status: Status, limit?: number): void {
    this.#happened({ at: this.#at(), type: 'drift', code, status, ...(limit !== undefined && { limit }) });
  }

  reset(): void {
    this.events.length = 0;
    this.functions.clear();
    this.#orders.clear();
    this.#requests.clear();
    this.#now = null;
  }

  #at(): string {
    return this.#now ?? new Date().toISOString();
  }

  #happened(event: BankEvent): void {
    this.keep(event);
    this.#apply(event);
  }

  #apply(event: BankEvent): void {
    this.events.push(event);
    switch (event.type) {
      case 'clock':
        this.#now = event.now;
        break;
      case 'function': {
        const { code, limitYen: limit, queued } = event;
        const fn = { code, status: 'OPEN', limit, queued, held: 0, finished: 0, rejected: 0, told: 'OPEN' } as const;
        this.functions.set(code, { ...fn });
        break;
      }
      case 'order': {
        const fn = this.functions.get(event.code)!;
        if (event.effect === 'applied' || event.effect === 'pretended') {
          this.#orders.set(event.key, event.digest);
          fn.told = event.status;
        }
        if (event.effect === 'applied') obey(fn, event);
        break;
      }
      case 'request':
        if (event.requestKey !== undefined) this.#requests.set(requestId(event.code, event.requestKey), event);
        break;
      case 'drift': {
        const fn = this.functions.get(event.code)!;
        fn.status = event.status;
        if (event.limit !== undefined) fn.limit = event.limit;
        break;
      }
    }
  }
}

function requestId(code: string, key: string): string {
  return JSON.stringify([code, key]);
}

function obey(
  fn: BankFunction,
  { status, limit, inFlight = 'finish', limitKept }: OrderBody & { limitKept?: true },
): void {
  fn.status = status;
  if (limit !== undefined && !limitKept) fn.limit = limit;
  if (status === 'CLOSED') {
    const pile = ({ finish: 'finished', hold: 'held', reject: 'rejected' } as const)[inFlight];
    fn[pile] += fn.queued;
    fn.queued = 0;
  } else {
    fn.queued += fn.held;
    fn.held = 0;
  }
}
