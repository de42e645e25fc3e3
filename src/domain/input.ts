import type { z } from 'zod';
import { Refusal } from './refusal.js';
import type { Json } from './json.js';

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
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const extra = issue?.code === 'unrecognized_keys' ? `.${issue.keys.join(', .')}` : '';
  const field = `${issue?.path.map(String).join('.') ?? ''}${extra}`.replace(/^\./, '') || '(the object itself)';
  const what = issue?.code === 'unrecognized_keys' ? 'is not a known field' : expectation(issue);
  throw new Refusal({
    en: `The field "${field}" ${what}. Send for example ${shown}`,
    ja: `項目「${field}」を直してください（${issue?.code === 'unrecognized_keys' ? '未知の項目です' : '形が正しくありません'}）。例: ${shown}`,
  });
}

/** What zod expected, without the value that it found. */
function expectation(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'invalid_type':
      return `must be given as ${issue.expected}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
    case 'custom':
      return `must be ${issue.message.replace(/^Invalid string: /, '')}`;
    default:
      return 'is not right';
  }
}
