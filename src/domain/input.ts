import type { z } from 'zod';
import { Refusal } from './refusal.js';
import type { Json } from './json.js';
import type { Sentence } from './sentence.js';

/**
 * Reads the one JSON object that a workflow, update or signal takes. Whatever is wrong is said in one sentence that
 * names the field (never its value) and shows a right example.
 */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, example: Json): T {
  const shown = JSON.stringify(example);
  if (input === undefined || input === null) {
    throw new Refusal({
      en: `The input is missing. Send one JSON object, for example ${shown}`,
      ja: `入力がありません。JSONオブジェクトを一つ送ってください。例: ${shown}`,
    });
  }
  if (typeof input !== 'object' || Array.isArray(input)) {
    throw new Refusal({
      en: `The input must be one JSON object, not ${Array.isArray(input) ? 'a list' : 'a bare value'}. Send for example ${shown}`,
      ja: `入力は${Array.isArray(input) ? 'リスト' : '単独の値'}ではなく、JSONオブジェクト一つにしてください。例: ${shown}`,
    });
  }
  const unstorable = unstorableIn(input);
  if (unstorable) {
    const field = unstorable.map(readable).join('.');
    throw new Refusal({
      en: `The field "${field}" holds a character that cannot be stored (a zero byte or half of a character). Type that text again. Send for example ${shown}`,
      ja: `項目「${field}」に保存できない文字（ヌル文字または壊れた文字）があります。その文字列を入力し直してください。例: ${shown}`,
    });
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map((part) => readable(String(part))) ?? [];
  const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 5).map(readable) : [];
  const fields = extra.length > 0 ? extra.map((key) => [...path, key].join('.')) : [path.join('.')];
  const field = fields.join(', ');
  const what = expectation(issue);
  throw new Refusal({
    en: `${field ? `The field "${field}"` : 'The object'} ${what.en}. Send for example ${shown}`,
    ja: `${field ? `項目「${field}」` : 'オブジェクト全体'}を直してください（${what.ja}）。例: ${shown}`,
  });
}

/** PostgreSQL's JSON takes neither; what was accepted and cannot be recorded would be tried again for ever. */
// eslint-disable-next-line no-control-regex -- it is what is looked for
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

/** Where in the input a text is that the register cannot take, values and keys alike. */
function unstorableIn(value: unknown, at: readonly string[] = []): readonly string[] | undefined {
  if (typeof value === 'string') return UNSTORABLE.test(value) ? at : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, part] of Object.entries(value)) {
    const found = UNSTORABLE.test(key) ? [...at, key] : unstorableIn(part, [...at, key]);
    if (found) return found;
  }
  return undefined;
}

/** A key is the sender's text too: only one that looks like a field's name is repeated. */
const readable = (key: string) => (/^[A-Za-z][A-Za-z0-9-]{0,39}$|^\d{1,6}$/.test(key) ? key : '?');

/** What was expected, without the value that was found. */
function expectation(issue: z.core.$ZodIssue | undefined): Sentence {
  switch (issue?.code) {
    case 'unrecognized_keys':
      return { en: 'is not a known field', ja: '未知の項目です' };
    case 'invalid_type':
      return { en: `must be given as ${issue.expected}`, ja: `型は ${issue.expected} です` };
    case 'invalid_value': {
      const values = issue.values.map(String).join(', ');
      return { en: `must be one of ${values}`, ja: `${values} のいずれかです` };
    }
    case 'too_small':
      return {
        en: `is too short or too small (at least ${issue.minimum})`,
        ja: `短すぎるか小さすぎます（${issue.minimum} 以上）`,
      };
    case 'too_big':
      return {
        en: `is too long or too big (at most ${issue.maximum})`,
        ja: `長すぎるか大きすぎます（${issue.maximum} 以下）`,
      };
    case 'invalid_format':
    case 'custom': {
      // Our own forms are said in both languages, with the bilingual mark between.
      const [en, ja] = issue.message.split(' ／ ');
      return { en: `must be ${en}`, ja: ja === undefined ? '形が正しくありません' : `${ja}にしてください` };
    }
    default:
      return { en: 'does not have the right form', ja: '形が正しくありません' };
  }
}
