import { meaningOf, retryAfter, valueAt } from './answer.js';
import { call, type Answer, type AnswerHeaders, type CallContext } from './call.js';
import type { HttpConnector, StatusPattern } from './schema.js';
import { lookup, type WordTables } from './template.js';
import type {
  ChannelState,
  ControlOrder,
  ControlTarget,
  ProbeResult,
  ReadResult,
  Secrets,
  SendResult,
  ServiceControl,
} from './types.js';

const SEND_STATUSES = {
  accepted: ['2xx'],
  // 408: the server gave up waiting; what it had read by then is its secret.
  unknown: [408, '5xx'],
  retryLater: [429, 503],
  refused: ['3xx', '4xx'],
} as const;
const READ_STATUSES = { answered: ['2xx'], retryLater: [429, 503] } as const;

/** Service control over an existing HTTP API, fitted by data alone (`HttpConnector`). */
export class HttpServiceControl implements ServiceControl {
  readonly #context: CallContext;
  readonly #words: WordTables;
  readonly #values: ReadonlyMap<string, ChannelState>;

  constructor(
    private readonly connector: HttpConnector,
    secrets: Secrets,
    env: NodeJS.ProcessEnv,
  ) {
    this.#context = { connector, secrets, env };
    this.#words = { states: connector.states, inFlight: connector.inFlight };
    this.#values = new Map(
      connector.read.values
        ? Object.entries(connector.read.values)
        : Object.entries(connector.states).map(([state, word]) => [String(word), state as ChannelState]),
    );
  }

  async send(target: ControlTarget, order: ControlOrder, signal?: AbortSignal): Promise<SendResult> {
    const { send, states } = this.connector;
    const operation =
      'perState' in send ? send.perState[order.wanted] : states[order.wanted] === undefined ? undefined : send;
    if (!operation) return { kind: 'refused', detail: `STATE_NOT_OFFERED ${order.wanted}` };

    const extra = operation.idempotencyHeader ? { [operation.idempotencyHeader]: '{{order.key}}' } : {};
    const answer = await call(this.#context, operation, lookup(target, order, this.#words), extra, signal);
    if (answer.kind === 'failed') {
      // Not sent because of the data: a person mends it. Not sent because the activity was ended: simply unknown.
      const definite = !answer.sent && answer.detail !== 'ABORTED';
      return { kind: definite ? 'refused' : 'unknown', detail: answer.detail };
    }
    const detail = `HTTP ${answer.status}`;
    switch (meaningOf(answer.status, [operation.statuses, SEND_STATUSES])) {
      case 'accepted':
        return { kind: 'accepted' };
      case 'retryLater':
        return this.#later(answer.headers);
      case 'refused':
        return { kind: 'refused', detail };
      default:
        return { kind: 'unknown', detail };
    }
  }

  async read(target: ControlTarget, signal?: AbortSignal): Promise<ReadResult> {
    const { read } = this.connector;
    const answer = await call(this.#context, read, lookup(target), {}, signal);
    if (answer.kind === 'failed') return { kind: 'unknown', detail: answer.detail };

    switch (meaningOf(answer.status, [read.statuses, READ_STATUSES])) {
      case 'answered':
        break;
      case 'retryLater':
        return this.#later(answer.headers);
      default:
        return { kind: 'unknown', detail: `HTTP ${answer.status}` };
    }
    const json = parsed(answer);
    if ('problem' in json) return { kind: 'unknown', detail: json.problem };
    const raw = valueAt(json.value, read.state);
    if (raw === undefined) return { kind: 'unknown', detail: 'STATE_MISSING' };
    const state = this.#values.get(raw);
    if (!state) return { kind: 'unknown', detail: 'STATE_NOT_IN_TABLE' };
    const inFlight = Number(read.inFlight && valueAt(json.value, read.inFlight));
    // What an active or stopped function would be limited to says nothing.
    const limit = state === 'RESTRICTED' && read.limit !== undefined ? yenAt(json.value, read.limit) : undefined;
    return {
      kind: 'state',
      state,
      raw,
      ...(Number.isInteger(inFlight) && { inFlight }),
      ...(limit !== undefined && { limitYen: limit }),
    };
  }

  async probe(target: ControlTarget, signal?: AbortSignal): Promise<ProbeResult> {
    const { probe } = this.connector;
    if (!probe) return { kind: 'none' };
    const answer = await call(this.#context, probe, lookup(target), {}, signal);
    if (answer.kind === 'failed') return { kind: 'unknown', detail: answer.detail };

    // "Went through" first: where two outcomes could both be read into an answer, the bad one is taken for true.
    if (matches(answer, probe.wentThrough)) return { kind: 'went-through' };
    if (matches(answer, probe.refused)) return { kind: 'refused' };
    return { kind: 'unknown', detail: `HTTP ${answer.status}` };
  }

  #later(headers: AnswerHeaders): { kind: 'retry-later'; afterSeconds: number } {
    const { retryAfterSeconds, longestRetryAfterSeconds } = this.connector;
    return { kind: 'retry-later', afterSeconds: retryAfter(headers, retryAfterSeconds, longestRetryAfterSeconds) };
  }
}

type Arrived = Extract<Answer, { kind: 'answer' }>;

function parsed(answer: Arrived): { value: unknown } | { problem: string } {
  if ('problem' in answer.body) return { problem: answer.body.problem };
  try {
    return { value: JSON.parse(answer.body.text) };
  } catch {
    return { problem: 'ANSWER_NOT_JSON' };
  }
}

function yenAt(json: unknown, pointer: string): number | null {
  const text = valueAt(json, pointer);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

interface Outcome {
  readonly statuses: readonly StatusPattern[];
  readonly pointer?: string | undefined;
  readonly values?: readonly (string | number | boolean)[] | undefined;
}

function matches(answer: Arrived, outcome: Outcome): boolean {
  if (meaningOf(answer.status, [{ hit: outcome.statuses }]) !== 'hit') return false;
  if (outcome.pointer === undefined) return true;
  const json = parsed(answer);
  const value = 'problem' in json ? undefined : valueAt(json.value, outcome.pointer);
  return value !== undefined && (outcome.values ?? []).map(String).includes(value);
}
