import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { Refusal } from '../domain/refusal.js';

/** Reads one YAML file of a playbook. What is wrong is said with the file and the field. @throws Refusal */
export async function readDocument<S extends z.ZodType>(schema: S, file: string): Promise<z.output<S>> {
  const name = path.basename(file);
  let raw: unknown;
  try {
    raw = parse(await readFile(file, 'utf8'));
  } catch (error) {
    const problem = error instanceof Error ? error.message.split('\n')[0]! : String(error);
    throw new Refusal({
      en: `The playbook file ${name} cannot be read: ${problem}. Mend it, or name another playbook folder.`,
      ja: `プレイブックのファイル ${name} を読めません（${problem}）。直すか、別のプレイブックのフォルダーを指定してください。`,
    });
  }
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  const where = result.error.issues
    .map((issue) => `${issue.path.map(String).join('.') || '(root)'}: ${issue.message}`)
    .join('; ');
  throw new Refusal({
    en: `The playbook file ${name} is not right: ${where}. Mend it there.`,
    ja: `プレイブックのファイル ${name} に誤りがあります: ${where}。該当箇所を直してください。`,
  });
}

/** The same for a file that a playbook may leave out. */
export async function readOptionalDocument<S extends z.ZodType>(
  schema: S,
  file: string,
): Promise<z.output<S> | undefined> {
  const names = await filesOf(path.dirname(file));
  return names.includes(path.basename(file)) ? readDocument(schema, file) : undefined;
}

/**
 * Reads a family of documents, `<id>.yaml` each, from the folders that there are. The same id in a later folder stands in
 * for the earlier one: a playbook may bring its own version of what the project ships.
 */
export async function readFamily<S extends z.ZodType<{ readonly id: string }>>(
  schema: S,
  folders: readonly string[],
): Promise<Record<string, z.output<S>>> {
  const read = async (folder: string, name: string): Promise<[string, z.output<S>]> => {
    const document = await readDocument(schema, path.join(folder, name));
    if (name === `${document.id}.yaml`) return [document.id, document];
    throw new Refusal({
      en: `The playbook file ${name} holds "${document.id}". Name it ${document.id}.yaml.`,
      ja: `プレイブックのファイル ${name} の中身は「${document.id}」です。ファイル名を ${document.id}.yaml にしてください。`,
    });
  };
  const found = await Promise.all(
    folders.map(async (folder) => Promise.all((await filesOf(folder)).map((name) => read(folder, name)))),
  );
  return Object.fromEntries(found.flat());
}

/** YAML files of a folder, in the order of their names; none when there is no such folder. */
async function filesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new Refusal({
      en: `The folder ${folder} cannot be read (${code ?? 'error'}). Let this user read it.`,
      ja: `フォルダー ${folder} を読めません（${code ?? 'error'}）。読み取り権限を付けてください。`,
    });
  }
}
