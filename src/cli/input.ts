import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Json } from '../domain/json.js';
import { Refusal } from '../domain/refusal.js';

/**
 * Reads the one JSON object of `--input`: the JSON itself, a file, or `-` for standard input.
 * @param example a right one to show, where the folder examples/ has none
 * @throws Refusal
 */
export async function readInput(source: string, example?: Json): Promise<unknown> {
  const json = source.trimStart().startsWith('{')
    ? source
    : source === '-'
      ? await text(process.stdin)
      : await read(source, example);
  try {
    return JSON.parse(json);
  } catch {
    throw new Refusal({
      en: `The input is no valid JSON. Check quotes and commas; ${example === undefined ? 'the folder examples/ holds right ones.' : `a right one: ${JSON.stringify(example)}`}`,
      ja: `入力が正しい JSON ではありません。引用符とカンマを確認してください。正しい例${example === undefined ? 'は examples/ にあります。' : `: ${JSON.stringify(example)}`}`,
    });
  }
}

async function read(file: string, example?: Json): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Refusal({
      en: `The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}). Name a file with JSON, or "-" for standard input${example === undefined ? '.' : `, or give the JSON itself, for example ${JSON.stringify(example)}`}`,
      ja: `ファイル ${file} を読めません（${(error as NodeJS.ErrnoException).code ?? 'error'}）。JSON のファイルか、標準入力なら「-」を指定してください。${example === undefined ? '' : `JSON を直接書くこともできます。例: ${JSON.stringify(example)}`}`,
    });
  }
}

/** Refuses when flags are missing, naming all of them with a right example. */
export function requireFlags(flags: Readonly<Record<string, unknown>>, example: string): void {
  const missing = Object.entries(flags)
    .filter(([, value]) => value === undefined)
    .map(([name]) => `--${name}`);
  if (missing.length === 0) return;
  throw new Refusal({
    en: `Missing: ${missing.join(', ')}. For example: ${example}`,
    ja: `指定が足りません: ${missing.join('、')}。例: ${example}`,
  });
}

/** A comma-separated list of a flag. */
export const list = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** A whole number of a flag; anything else stays as it is, for the schema to refuse by name. */
export const number = (value: string) => (/^-?\d+$/.test(value) ? Number(value) : (value as unknown as number));
