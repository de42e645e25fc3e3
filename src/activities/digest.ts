import { createHash } from 'node:crypto';
import { canonicalJson } from '../domain/json.js';

/** Digest of exactly what would be done: 32 hexadecimal digits, short enough to compare by eye. */
export function digest(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
}
