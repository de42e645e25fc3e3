import { validateHeaderName, validateHeaderValue } from 'node:http';
import { request, type Dispatcher } from 'undici';
import { fillJson, fillText, type Lookup, TemplateProblem, urlValue } from './template.js';
import type { HttpConnector, HttpOperation } from './schema.js';
import type { Secrets } from './types.js';

/** More than any state or refusal needs; a page of somebody's data must not fill the worker's memory. */
const LARGEST_ANSWER_BYTES = 256 * 1024;

/** What came back. `sent: false`: nothing left this process, so nothing can have happened. */
export type Answer =
  | { kind: 'answer'; status: number; headers: AnswerHeaders; body: { text: string } | { problem: string } }
  | { kind: 'failed'; detail: string; sent: boolean };

/** By name in lower case; one that came more than once has all its values. */
export type AnswerHeaders = Dispatcher.ResponseData['headers'];

interface Prepared {
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

export interface CallContext {
  readonly connector: HttpConnector;
  readonly secrets: Secrets;
  readonly env: NodeJS.ProcessEnv;
}

/** Makes one call of a connector's operation and reads its whole answer within the operation's time. Never throws. */
export async function call(
  context: CallContext,
  operation: HttpOperation,
  values: Lookup,
  extraHeaders: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Answer> {
  let prepared: Prepared;
  try {
    prepared = prepare(context, operation, values, extraHeaders);
  } catch (error) {
    return { kind: 'failed', detail: error instanceof TemplateProblem ? error.code : 'REQUEST_UNFIT', sent: false };
  }
  if (signal?.aborted) return { kind: 'failed', detail: 'ABORTED', sent: false };

  const seconds = operation.timeoutSeconds ?? context.connector.timeoutSeconds;
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, seconds * 1000);
  const abort = () => controller.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const failure = (error: unknown) =>
    timedOut ? `TIMEOUT ${seconds}s` : signal?.aborted ? 'ABORTED' : networkCode(error);
  try {
    // Redirects are not followed: they would carry the secrets elsewhere. Half the processor time of `fetch`.
    const { url, headers, body: sent } = prepared;
    const answer = await request(url, {
      method: operation.method,
      headers,
      ...(sent !== undefined && { body: sent }),
      signal: controller.signal,
    });
    const body = await readBody(answer.body).catch((error: unknown) => ({ problem: failure(error) }));
    return { kind: 'answer', status: answer.statusCode, headers: answer.headers, body };
  } catch (error) {
    return { kind: 'failed', detail: failure(error), sent: true };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function prepare(
  { connector, secrets, env }: CallContext,
  operation: HttpOperation,
  values: Lookup,
  extraHeaders: Readonly<Record<string, string>>,
): Prepared {
  const base = connector.baseUrl.replace(/\$\{env:([A-Za-z0-9_]+)\}/g, (_whole, name: string) => {
    const value = env[name];
    if (!value) throw new TemplateProblem(`ENV_MISSING ${name}`);
    return value;
  });
  const path = fillText(operation.url, values, urlValue);
  const url = URL.canParse(base) ? new URL(base.replace(/\/+$/, '') + path) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) throw new TemplateProblem('URL_UNFIT');

  const headers: Record<string, string> = { accept: 'application/json', 'cache-control': 'no-cache' };
  const content = operation.body === undefined ? undefined : fillJson(operation.body, values);
  let body: string | undefined;
  if (content !== undefined && operation.encoding === 'form') {
    headers['content-type'] = 'application/x-www-form-urlencoded';
    const fields = Object.entries(content as Record<string, unknown>);
    body = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString();
  } else if (content !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(content);
  }
  for (const [name, template] of Object.entries({ ...connector.headers, ...operation.headers, ...extraHeaders })) {
    // Piece by piece, so that neither a value nor a secret is itself read as a template.
    const pieces = template.split(/\b(secret:[A-Z][A-Z0-9_]*)/).map((piece, index) => {
      return index % 2 === 1
        ? secretOf(piece.slice('secret:'.length), secrets)
        : fillText(piece, values, (value) => value);
    });
    const value = pieces.join('').trim();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      // The platform's message quotes the value.
      throw new TemplateProblem(`HEADER_UNFIT ${name}`);
    }
    headers[name.toLowerCase()] = value;
  }
  return { url, headers, ...(body !== undefined && { body }) };
}

function secretOf(name: string, secrets: Secrets): string {
  try {
    return secrets(name).trim();
  } catch {
    throw new TemplateProblem(`SECRET_MISSING ${name}`);
  }
}

async function readBody(answer: AsyncIterable<Uint8Array>): Promise<{ text: string } | { problem: string }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer) {
    size += chunk.byteLength;
    // Leaving the loop gives up the connection with the rest.
    if (size > LARGEST_ANSWER_BYTES) return { problem: 'ANSWER_TOO_LARGE' };
    chunks.push(chunk);
  }
  return { text: Buffer.concat(chunks).toString('utf8') };
}

/** The system's error code (`ECONNRESET`), never its message: messages quote URLs and headers. */
function networkCode(error: unknown): string {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  }
  return 'NETWORK';
}
