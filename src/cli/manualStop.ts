import { serviceControl } from '../connectors/serviceControl/index.js';
import type { ConnectorDocument, HttpConnector, HttpOperation } from '../connectors/serviceControl/schema.js';
import { fillJson, fillText, lookup, urlValue, type Lookup } from '../connectors/serviceControl/template.js';
import type { ChannelState, ControlOrder, ControlTarget } from '../connectors/serviceControl/types.js';
import type { Instant } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import { functionOf, outsideOf } from '../domain/serviceMap.js';
import type { SuspensionInput } from '../domain/suspension.js';
import type { AllDocuments } from '../store/documents.js';
import { shellWord } from './output.js';

export interface HandCall {
  readonly method: string;
  readonly url: string;
  /** Secrets stand as `$HIKESHI_SECRET_<NAME>`, never as values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The same as one line for a shell in which the secrets are set. */
  readonly curl: string;
}

export interface HandStop {
  readonly target: string;
  readonly name: Sentence;
  readonly stopOrder: number;
  readonly connector: string;
  readonly address?: string;
  /** What to do: a call to make, or what a person does in another system. */
  readonly call?: HandCall;
  readonly instruction?: Sentence;
  /** What to look at afterwards. */
  readonly check?: HandCall & { readonly pointer: string; readonly expect: string };
  readonly checkInstruction?: Sentence;
  /** The outside test that must be refused. */
  readonly probe?: HandCall;
}

/**
 * How to stop the targets by hand, in stop order, from the playbook's connectors alone: nothing is asked, sent or opened.
 * @throws Refusal for a target that the service map does not name
 */
export async function handStops(
  documents: AllDocuments,
  input: SuspensionInput,
  at: Instant,
  env: NodeJS.ProcessEnv,
): Promise<HandStop[]> {
  const functions = input.targets.map((id) => ({ id, fn: functionOf(documents.services, id) }));
  functions.sort((a, b) => a.fn.stopOrder - b.fn.stopOrder);
  return Promise.all(
    functions.map(async ({ id, fn }): Promise<HandStop> => {
      const target: ControlTarget = outsideOf(fn, id);
      const wanted: ChannelState = input.measure === 'restrict' ? 'RESTRICTED' : 'SUSPENDED';
      const limit = input.limitYen ?? fn.restrictedLimitYen;
      const order: ControlOrder = {
        // A key of its own: the numbers of orders belong to the register.
        key: `function/${id}/by-hand/${at.slice(0, 16)}`,
        wanted,
        inFlight: input.inFlight ?? fn.inFlight,
        ...(wanted === 'RESTRICTED' && limit !== undefined && { limitYen: limit }),
        reason: `by hand: ${input.incident}`,
      };
      const connector = documents.connectors.connectors.find((candidate) => candidate.id === fn.connector);
      const head = { target: id, name: fn.name, stopOrder: fn.stopOrder, connector: fn.connector };
      if (!connector) return { ...head, instruction: noConnector(fn.connector) };
      return { ...head, ...(await howTo(connector, target, order, env)) };
    }),
  );
}

async function howTo(
  connector: ConnectorDocument,
  target: ControlTarget,
  order: ControlOrder,
  env: NodeJS.ProcessEnv,
): Promise<Partial<HandStop>> {
  if (connector.kind === 'by-hand') {
    const control = serviceControl(connector, () => '');
    const [sent, read] = [await control.send(target, order), await control.read(target)];
    return {
      ...(sent.kind === 'by-hand' && { instruction: sent.instruction }),
      ...(read.kind === 'by-hand' && { checkInstruction: read.instruction }),
    };
  }
  const words = { states: connector.states, inFlight: connector.inFlight };
  const operation = 'perState' in connector.send ? connector.send.perState[order.wanted] : connector.send;
  const address = addressOf(connector, env);
  if (!operation) return { address, instruction: notOffered(order.wanted) };
  const key = operation.idempotencyHeader ? { [operation.idempotencyHeader]: order.key } : {};
  const filled = lookup(target, order, words);
  return {
    address,
    call: handCall(connector, address, operation, filled, key),
    check: {
      ...handCall(connector, address, connector.read, lookup(target)),
      pointer: connector.read.state,
      expect: expected(connector, order.wanted),
    },
    ...(connector.probe &&
      order.wanted === 'SUSPENDED' && { probe: handCall(connector, address, connector.probe, lookup(target)) }),
  };
}

/** The base URL as far as it is known here; a variable that is not set stays visible by its name. */
function addressOf(connector: HttpConnector, env: NodeJS.ProcessEnv): string {
  return connector.baseUrl
    .replace(/\$\{env:([A-Za-z0-9_]+)\}/g, (_whole, name: string) => env[name] ?? `$${name}`)
    .replace(/\/+$/, '');
}

function expected(connector: HttpConnector, wanted: ChannelState): string {
  const own = Object.entries(connector.read.values ?? {}).find(([, state]) => state === wanted)?.[0];
  return own ?? String(connector.states[wanted] ?? wanted);
}

function handCall(
  connector: HttpConnector,
  address: string,
  operation: HttpOperation,
  values: Lookup,
  extra: Readonly<Record<string, string>> = {},
): HandCall {
  const fill = (template: string, encode: (value: string, name: string) => string) => {
    try {
      return fillText(template, values, encode);
    } catch {
      // A sheet with a gap that can be seen is better than none.
      return template;
    }
  };
  const url = address + fill(operation.url, urlValue);
  const body = operation.body === undefined ? undefined : bodyOf(operation, values);
  const isForm = operation.encoding === 'form';
  const headers = Object.fromEntries(
    Object.entries({
      ...(body !== undefined && { 'Content-Type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }),
      ...connector.headers,
      ...operation.headers,
      ...extra,
    }).map(([name, template]) => [
      name,
      fill(template, (value) => value).replace(
        /\bsecret:([A-Z][A-Z0-9_]*)/g,
        (_whole, secret: string) => `$HIKESHI_SECRET_${secret}`,
      ),
    ]),
  );
  const sent =
    body === undefined
      ? undefined
      : isForm
        ? new URLSearchParams(body as Record<string, string>).toString()
        : JSON.stringify(body);
  const curl = [
    'curl -sS',
    `-X ${operation.method}`,
    doubleQuoted(url),
    ...Object.entries(headers).map(([name, value]) => `-H ${doubleQuoted(`${name}: ${value}`)}`),
    ...(sent === undefined ? [] : [`-d ${shellWord(sent)}`]),
  ].join(' ');
  return { method: operation.method, url, headers, ...(body !== undefined && { body }), curl };
}

function bodyOf(operation: HttpOperation, values: Lookup): unknown {
  try {
    return fillJson(operation.body!, values);
  } catch {
    return operation.body;
  }
}

/** Variables are filled in by the shell, and nothing else is. */
function doubleQuoted(text: string): string {
  return `"${text.replace(/["\\`]/g, '\\$&').replace(/\$(?!HIKESHI_)/g, '\\$')}"`;
}

const noConnector = (id: string): Sentence => ({
  en: `The playbook has no connector "${id}". Ask the owner of the system how it is stopped.`,
  ja: `プレイブックに接続定義「${id}」がありません。止め方をシステムの担当者に確認してください。`,
});

const notOffered = (state: ChannelState): Sentence => ({
  en: `This connector has no order for ${state}. Ask the owner of the system to do it.`,
  ja: `この接続には ${state} の指示がありません。システムの担当者に依頼してください。`,
});
