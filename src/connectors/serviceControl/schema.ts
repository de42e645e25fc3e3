import { z } from 'zod';

import { KeyPart } from '../../domain/ids.js';
import { isVariable, type Json, variablesIn } from './template.js';

/**
 * The longest a single call may be set to take, in seconds. The rule is 20 for the whole activity; the rest is for the
 * register.
 */
export const LONGEST_CALL_SECONDS = 18;

const ChannelStateSchema = z.enum(['ACTIVE', 'RESTRICTED', 'SUSPENDED']);
const InFlightSchema = z.enum(['finish', 'hold', 'reject']);
const Scalar = z.union([z.string().min(1), z.number(), z.boolean()]);
const SentenceSchema = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });
const JsonSchema: z.ZodType<Json> = z.json();
/** RFC 6901: empty for the whole answer, else `/name/0/name`. */
const Pointer = z
  .string()
  .regex(/^(\/.*)?$/, 'a JSON pointer such as /status ／ /status のような JSON ポインターにしてください');
const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'a header name ／ ヘッダー名にしてください');
/** One status, or a class of them. A single status goes before its class. */
const Status = z.union([z.int().min(200).max(599), z.enum(['2xx', '3xx', '4xx', '5xx'])]);
const Seconds = z.number().positive().max(LONGEST_CALL_SECONDS);

const operation = {
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  /** Path and query after the base URL; each value put in is percent-encoded. */
  url: z.string().startsWith('/'),
  /** Added to the connector's own headers. `secret:NAME` in a value is replaced by that secret. */
  headers: z.record(HeaderName, z.string()).optional(),
  body: JsonSchema.optional(),
  encoding: z.enum(['json', 'form']).default('json'),
  timeoutSeconds: Seconds.optional(),
};

type Checked = { url: string; method: string; body?: Json | undefined; headers?: Record<string, string> | undefined };

/** Names in templates are checked when a document is loaded, not in the minute of the stop. */
function checkTemplates(ofOrder: boolean) {
  return (value: Checked & { encoding: string }, context: z.RefinementCtx) => {
    const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    for (const path of ['url', 'body', 'headers'] as const) {
      const unknown = variablesIn(value[path] ?? null).filter((name) => !isVariable(name, ofOrder));
      if (unknown.length > 0) {
        problem(
          path,
          `no such template value: ${unknown.join(', ')} ／ この差し込み項目はありません: ${unknown.join(', ')}`,
        );
      }
    }
    // URLs and bodies end up in other people's logs.
    for (const path of ['url', 'body'] as const) {
      if (/\bsecret:[A-Z]/.test(JSON.stringify(value[path] ?? null))) {
        problem(path, 'a secret may stand in a header only ／ 秘密情報はヘッダーにだけ書けます');
      }
    }
    if (value.method === 'GET' && value.body !== undefined) {
      problem('body', 'GET carries no body ／ GET に本文は付けられません');
    }
    if (value.encoding === 'form' && !isFlat(value.body)) {
      problem(
        'body',
        'a form is a flat object of names and values ／ form の本文は名前と値だけのオブジェクトにしてください',
      );
    }
  };
}

function isFlat(body: Json | undefined): boolean {
  return (
    body !== null &&
    typeof body === 'object' &&
    !Array.isArray(body) &&
    Object.values(body).every((value) => value === null || typeof value !== 'object')
  );
}

const SendOperation = z
  .strictObject({
    ...operation,
    /** Header that carries the order's key. */
    idempotencyHeader: HeaderName.optional(),
    /** Where this API differs from: 2xx accepted, 429 and 503 retry later, 408 and 5xx unknown, all else refused. */
    statuses: z
      .strictObject({
        accepted: z.array(Status).optional(),
        refused: z.array(Status).optional(),
        retryLater: z.array(Status).optional(),
        unknown: z.array(Status).optional(),
      })
      .optional(),
  })
  .superRefine(checkTemplates(true));

const ReadOperation = z
  .strictObject({
    ...operation,
    /** Where the state stands in the answer. */
    state: Pointer,
    /** The outside's values, and what each means. Left out: the connector's `states`, read backwards. */
    values: z.record(z.string(), ChannelStateSchema).optional(),
    /** Where the limit of a restricted function stands in the answer, in yen. Left out: a restriction is proven by its state alone. */
    limit: Pointer.optional(),
    /** Where the number of items that the function has under way stands in the answer. Left out: not known. */
    inFlight: Pointer.optional(),
    /** Where this API differs from: 2xx an answer, 429 and 503 retry later, all else unknown. */
    statuses: z
      .strictObject({ answered: z.array(Status).optional(), retryLater: z.array(Status).optional() })
      .optional(),
  })
  .superRefine(checkTemplates(false));

/** A probe's answer proves something only if its status is listed and, where a pointer is given, its value is too. */
const Outcome = z
  .strictObject({
    statuses: z.array(Status).min(1),
    pointer: Pointer.optional(),
    values: z.array(Scalar).min(1).optional(),
  })
  .refine((outcome) => (outcome.pointer === undefined) === (outcome.values === undefined), {
    message: 'pointer and values go together ／ pointer と values は両方書いてください',
  });

const ProbeOperation = z
  .strictObject({
    ...operation,
    /** 401, 404 and the like must not count: a wrong token would "prove" every stop. */
    refused: Outcome.prefault({ statuses: [403] }),
    wentThrough: Outcome.prefault({ statuses: ['2xx'] }),
  })
  .superRefine(checkTemplates(false));

const HttpConnectorSchema = z
  .strictObject({
    id: KeyPart,
    kind: z.literal('http'),
    /** May name variables of the environment: `${env:HIKESHI_CHANNEL_URL}`. */
    baseUrl: z.string().min(1),
    /** For the whole answer: connection, headers and body. */
    timeoutSeconds: Seconds.default(10),
    /** Wait when the outside asks for patience and does not say how long. */
    retryAfterSeconds: z.number().int().positive().default(10),
    /** The outside cannot ask for more: a stop must not wait for a mistaken header. */
    longestRetryAfterSeconds: z.number().int().positive().default(300),
    headers: z.record(HeaderName, z.string()).default({}),
    /** How the outside calls our states; a state that is missing here cannot be ordered with one operation for all. */
    states: z.partialRecord(ChannelStateSchema, Scalar).default({}),
    inFlight: z.partialRecord(InFlightSchema, Scalar).optional(),
    /** One operation for all states, or one for each. */
    send: z.union([SendOperation, z.strictObject({ perState: z.partialRecord(ChannelStateSchema, SendOperation) })]),
    read: ReadOperation,
    probe: ProbeOperation.optional(),
  })
  .superRefine((connector, context) => {
    const unknown = variablesIn(connector.headers).filter((name) => !isVariable(name, false));
    if (unknown.length > 0) {
      const message = `no such template value: ${unknown.join(', ')} ／ この差し込み項目はありません: ${unknown.join(', ')}`;
      context.addIssue({ code: 'custom', path: ['headers'], message });
    }
    const words = Object.values(connector.states).map(String);
    if (connector.read.values === undefined && (words.length === 0 || new Set(words).size < words.length)) {
      const message =
        'say what each value of the outside means (read.values) ／ 外部の値ごとの意味を read.values に書いてください';
      context.addIssue({ code: 'custom', path: ['read', 'values'], message });
    }
    const stops = 'perState' in connector.send ? connector.send.perState.SUSPENDED : connector.states.SUSPENDED;
    if (stops === undefined) {
      const message = 'a connector must be able to order SUSPENDED ／ SUSPENDED を指示できるようにしてください';
      context.addIssue({ code: 'custom', path: ['send'], message });
    }
  });

const ByHandConnectorSchema = z
  .strictObject({
    id: KeyPart,
    kind: z.literal('by-hand'),
    /** What a person does for each wanted state; templates as in an HTTP body. Left out: a general sentence. */
    instructions: z.partialRecord(ChannelStateSchema, SentenceSchema).default({}),
    /** How a person finds out how the target stands. */
    check: SentenceSchema.optional(),
  })
  .superRefine((connector, context) => {
    const unknown = [
      ...variablesIn(connector.instructions).filter((name) => !isVariable(name, true)),
      ...variablesIn(connector.check ? { ...connector.check } : null).filter((name) => !isVariable(name, false)),
    ];
    if (unknown.length === 0) return;
    const message = `no such template value: ${unknown.join(', ')} ／ この差し込み項目はありません: ${unknown.join(', ')}`;
    context.addIssue({ code: 'custom', message });
  });

/** One connector for service control, as a playbook describes it. */
export const ConnectorDocumentSchema = z.discriminatedUnion('kind', [HttpConnectorSchema, ByHandConnectorSchema]);

/** A playbook's `connectors.yaml`. */
export const ConnectorsFileSchema = z
  .strictObject({ v: z.literal(1), connectors: z.array(ConnectorDocumentSchema) })
  .refine((file) => new Set(file.connectors.map((connector) => connector.id)).size === file.connectors.length, {
    path: ['connectors'],
    message: 'each id once ／ 同じ id は一度だけ使えます',
  });

export type ConnectorDocument = z.infer<typeof ConnectorDocumentSchema>;
export type HttpConnector = z.infer<typeof HttpConnectorSchema>;
export type ByHandConnector = z.infer<typeof ByHandConnectorSchema>;
export type HttpOperation =
  z.infer<typeof SendOperation> | z.infer<typeof ReadOperation> | z.infer<typeof ProbeOperation>;
export type StatusPattern = z.infer<typeof Status>;
