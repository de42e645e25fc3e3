import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { FILE_REFUSALS } from '../domain/wording/answerPages.js';
import { fileKind, keptName, MAX_FILE_BYTES } from '../gateway/forms/fileKind.js';
import { evidenceHash, type GivenFile } from '../store/evidence.js';

export type FolderFile = (GivenFile & { readonly hash: string }) | { readonly refused: Sentence };

export const refused = (file: FolderFile): file is { readonly refused: Sentence } => 'refused' in file;

/**
 * Reads files of a folder by the names that a sheet calls them. The sheet comes from outside: a name is looked for among
 * the folder's own entries and never becomes a path, and a link to elsewhere is no file.
 * @returns by name; a name that the folder does not have is left out
 * @throws Refusal for a folder that cannot be read
 */
export async function filesIn(folder: string | undefined, names: readonly string[]): Promise<Map<string, FolderFile>> {
  const found = new Map<string, FolderFile>();
  if (folder === undefined) {
    for (const name of names) found.set(name, { refused: noFolder(name) });
    return found;
  }
  // A folder may keep its names in another form of composed characters than the sheet has them.
  const entries = new Map((await entriesOf(folder)).map((entry) => [entry.normalize('NFC'), entry]));
  for (const name of names) {
    const entry = entries.get(name);
    if (entry !== undefined) found.set(name, await fileOf(path.join(folder, entry), name));
  }
  return found;
}

async function fileOf(file: string, given: string): Promise<FolderFile> {
  const name = keptName(given);
  try {
    const stats = await lstat(file);
    if (!stats.isFile()) return { refused: noFile(name) };
    if (stats.size > MAX_FILE_BYTES) return { refused: FILE_REFUSALS.tooLarge(name) };
    const content = await readFile(file);
    const kind = fileKind(name, content);
    return 'refused' in kind ? kind : { name, mediaType: kind.mediaType, content, hash: evidenceHash(content) };
  } catch (error) {
    return { refused: unreadable(name, error) };
  }
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw new Refusal(unreadable(folder, error));
  }
}

const noFolder = (name: string): Sentence => ({
  en: `The file “${name}” is to be attached. Say with --files in which folder it is.`,
  ja: `ファイル「${name}」の添付が必要です。--files でフォルダーを指定してください。`,
});

const noFile = (name: string): Sentence => ({
  en: `“${name}” is no file of its own (a folder, or a link to elsewhere). Put the file itself there.`,
  ja: `「${name}」は通常のファイルではありません（フォルダーまたはリンク）。ファイルそのものを置いてください。`,
});

function unreadable(name: string, error: unknown): Sentence {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return {
    en: `${name} cannot be read (${code}). Name what is there and may be read.`,
    ja: `${name} を読めません（${code}）。読み取れるものを指定してください。`,
  };
}
