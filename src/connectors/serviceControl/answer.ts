import type { AnswerHeaders } from './call.js';
import type { StatusPattern } from './schema.js';

/** What a status means, by the first table that lists it; within a table a single status goes before its class. */
export function meaningOf<M extends string>(
  status: number,
  tables: readonly (Partial<Record<M, readonly StatusPattern[] | undefined>> | undefined)[],
): M | undefined {
  const statusClass = `${Math.floor(status / 100)}xx`;
  for (const table of tables) {
    if (!table) continue;
    const entries = Object.entries(table) as [M, readonly StatusPattern[] | undefined][];
    const hit =
      entries.find(([, patterns]) => patterns?.includes(status)) ??
      entries.find(([, patterns]) => (patterns as readonly unknown[] | undefined)?.includes(statusClass));
    if (hit) return hit[0];
  }
  return undefined;
}

/** The value at a JSON pointer (RFC 6901) as the text to look up in a table; `undefined` when nothing plain is there. */
export function valueAt(json: unknown, pointer: string): string | undefined {
  let at: unknown = json;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean' ? String(at) : undefined;
}

/** The wait that `Retry-After` asks for (seconds or an HTTP date), in whole seconds from 1 to `longest`. */
export function retryAfter(headers: AnswerHeaders, fallback: number, longest: number, wallClock = Date.now()): number {
  const value = first(headers['retry-after']);
  let seconds = fallback;
  if (/^\d+$/.test(value)) {
    seconds = Number(value);
  } else if (/^[A-Za-z]{3}, .+ GMT$/.test(value)) {
    // Against the answer's own clock where it has one: ours may differ, and in a drill it means nothing.
    const date = Date.parse(first(headers['date']));
    const wait = Date.parse(value) - (Number.isNaN(date) ? wallClock : date);
    if (!Number.isNaN(wait)) seconds = Math.ceil(wait / 1000);
  }
  return Math.min(Math.max(seconds, 1), longest);
}

const first = (value: string | string[] | undefined): string => [value].flat()[0]?.trim() ?? '';
