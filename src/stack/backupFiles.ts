import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { StackProblem } from './problem.js';

/** Files at the same time: more gain nothing on one disk. */
const PARALLEL = 8;
const CHUNK = 1 << 20;

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

export const PARTS = ['register', 'temporal', 'keys'] as const;
/** What belongs together: the register (PostgreSQL), Temporal's histories, the keys by which both are read. */
export type Part = (typeof PARTS)[number];

/** Whoever hands us a backup must not be able to name a file outside of it. */
const Place = z.string().refine((place) => {
  const steps = place.split('/');
  return (PARTS as readonly string[]).includes(steps[0]!) && !steps.some((step) => ['', '.', '..'].includes(step));
});

const ManifestSchema = z.strictObject({
  v: z.literal(1),
  what: z.literal('hikeshi-backup'),
  takenAt: z.iso.datetime(),
  /** Major version of the PostgreSQL that wrote the data folder. */
  postgres: z.string(),
  /** Last migration that the register had. */
  schema: z.string(),
  /** What the register knew, so that a person recognises the backup. */
  holds: z.int().nonnegative(),
  openWorkflows: z.int().nonnegative(),
  parts: z.partialRecord(z.enum(PARTS), z.strictObject({ files: z.int(), bytes: z.int() })),
  /** Folders that PostgreSQL needs even when they are empty. */
  folders: z.array(Place),
  files: z.array(z.strictObject({ path: Place, size: z.int().nonnegative(), sha256: z.string().length(64) })),
});
/** What lies in a backup folder, as `manifest.json` says it. Sizes in bytes. */
export type Manifest = z.output<typeof ManifestSchema>;
export type FileEntry = Manifest['files'][number];

const MANIFEST = 'manifest.json';
const SEAL = 'manifest.sha256';

/** Where a part lies: a folder with everything in it, or single files. */
export interface Source {
  readonly part: Part;
  /** Path below the part's folder, and the file it is copied from. */
  readonly files: readonly { readonly name: string; readonly from: string }[];
  readonly folders: readonly string[];
}

/** Everything below a folder but `except`. @throws {StackProblem} for what cannot be copied as a file */
export function sourceFolder(part: Part, folder: string, except: readonly string[]): Source {
  const files: { name: string; from: string }[] = [];
  const folders: string[] = [];
  const walk = (below: string) => {
    for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const name = below ? `${below}/${entry.name}` : entry.name;
      if (except.includes(name)) continue;
      if (entry.isDirectory()) {
        folders.push(name);
        walk(name);
      } else if (entry.isFile()) files.push({ name, from: path.join(folder, name) });
      else throw cannotCopy(path.join(folder, name));
    }
  };
  walk('');
  return { part, files, folders };
}

/** Copies the sources below `out`, and says what was written. */
export async function copyAll(
  sources: readonly Source[],
  out: string,
): Promise<Pick<Manifest, 'parts' | 'folders' | 'files'>> {
  const folders: string[] = [];
  const files: FileEntry[] = [];
  const parts: Manifest['parts'] = {};
  for (const source of sources) {
    fs.mkdirSync(path.join(out, source.part), { mode: FOLDER_MODE });
    for (const folder of source.folders) {
      fs.mkdirSync(path.join(out, source.part, folder), { mode: FOLDER_MODE });
      folders.push(`${source.part}/${folder}`);
    }
    const written = await sideBySide(source.files, async ({ name, from }) => {
      const place = `${source.part}/${name}`;
      return { path: place, ...(await copyFile(from, path.join(out, place))) };
    });
    files.push(...written);
    parts[source.part] = { files: written.length, bytes: written.reduce((sum, { size }) => sum + size, 0) };
  }
  return { parts, folders, files };
}

/** Copies one file, onto the disk and not only into its cache, and hashes what was read. */
export async function copyFile(from: string, to: string): Promise<{ size: number; sha256: string }> {
  const [source, target] = [await open(from, 'r'), await open(to, 'wx', FILE_MODE)];
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunksOf(source)) {
      hash.update(chunk);
      size += chunk.length;
      await target.writeFile(chunk);
    }
    await target.sync();
    return { size, sha256: hash.digest('hex') };
  } finally {
    await source.close();
    await target.close();
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function hashFile(file: string): Promise<{ size: number; sha256: string } | undefined> {
  let source: FileHandle;
  try {
    source = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of chunksOf(source)) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { size, sha256: hash.digest('hex') };
  } finally {
    await source.close();
  }
}

/** Runs the work for all items, some at a time, and gives the results in their order. */
export async function sideBySide<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const hand = async () => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index]!);
  };
  await Promise.all(Array.from({ length: PARALLEL }, hand));
  return results;
}

/** Writes the manifest last, with a seal of its own: a changed manifest is a changed backup. */
export function writeManifest(folder: string, manifest: Manifest): void {
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  writeWhole(path.join(folder, MANIFEST), text);
  writeWhole(path.join(folder, SEAL), `${createHash('sha256').update(text).digest('hex')}  ${MANIFEST}\n`);
}

/** @throws {StackProblem} when the folder holds no whole backup, or its manifest was changed */
export function readManifest(folder: string): Manifest {
  let text: string;
  let seal: string;
  try {
    text = fs.readFileSync(path.join(folder, MANIFEST), 'utf8');
    seal = fs.readFileSync(path.join(folder, SEAL), 'utf8').slice(0, 64);
  } catch {
    throw noBackup(folder);
  }
  if (createHash('sha256').update(text).digest('hex') !== seal) throw changed(folder, [MANIFEST]);
  try {
    return ManifestSchema.parse(JSON.parse(text));
  } catch {
    throw otherForm(folder);
  }
}

/** @throws {StackProblem} naming the files that are missing or not as they were written */
export async function requireWhole(folder: string, { files }: Pick<Manifest, 'files'>): Promise<void> {
  const sound = await sideBySide(files, async ({ path: place, size, sha256 }) => {
    const found = await hashFile(path.join(folder, place));
    return found === undefined ? 'missing' : found.size === size && found.sha256 === sha256 ? 'sound' : 'changed';
  });
  const of = (state: (typeof sound)[number]) =>
    files.filter((_, index) => sound[index] === state).map((file) => file.path);
  if (of('missing').length > 0) throw missing(folder, of('missing'));
  if (of('changed').length > 0) throw changed(folder, of('changed'));
}

/** A small file as a whole, on the disk. */
export function writeWhole(file: string, text: string): void {
  const fd = fs.openSync(file, 'w', FILE_MODE);
  try {
    fs.writeSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes the names in a folder last through a power cut. */
export function syncFolder(folder: string): void {
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

const FILE_TROUBLE = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOENT', 'ENOTDIR', 'EXDEV']);

/** Turns what the file system says (no room, no right) into a sentence. */
export async function withRoom<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    if (!FILE_TROUBLE.has(code)) throw cause;
    throw new StackProblem(
      {
        en: `The copy to ${where} did not succeed (${code}), and nothing was replaced; make room there, or make it writable and its source readable for this user, and run it again.`,
        ja: `${where} へのコピーに失敗しました（${code}）。何も置き換えていません。空き容量とこのユーザーの読み書きの権限を確認して、もう一度実行してください。`,
      },
      { cause },
    );
  }
}

const NAMED = 3;
function some(names: readonly string[]): string {
  return names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ', ...' : '');
}

function noBackup(folder: string): StackProblem {
  return new StackProblem({
    en: `The folder ${folder} holds no whole backup (${MANIFEST} is missing); name a folder that "hikeshi backup" finished.`,
    ja: `フォルダー ${folder} に完全なバックアップがありません（${MANIFEST} がありません）。hikeshi backup が最後まで書いたフォルダーを指定してください。`,
  });
}

function otherForm(folder: string): StackProblem {
  return new StackProblem({
    en: `The backup ${folder} has a form that this version does not know; restore it with the version of Hikeshi that wrote it.`,
    ja: `バックアップ ${folder} は、この版では扱えない形式です。作成した版の Hikeshi で復元してください。`,
  });
}

function missing(folder: string, files: readonly string[]): StackProblem {
  return new StackProblem({
    en: `The backup ${folder} is not whole: ${files.length} of its files are missing (${some(files)}). Nothing was replaced; use another copy of it, or another backup.`,
    ja: `バックアップ ${folder} は不完全です。${files.length} 個のファイルがありません（${some(files)}）。何も置き換えていません。別の写しか、別のバックアップを使ってください。`,
  });
}

function changed(folder: string, files: readonly string[]): StackProblem {
  return new StackProblem({
    en: `The backup ${folder} was changed after it was written: ${files.length} of its files differ (${some(files)}). Nothing was replaced; use another copy of it, or another backup.`,
    ja: `バックアップ ${folder} は作成後に変わっています。${files.length} 個のファイルが異なります（${some(files)}）。何も置き換えていません。別の写しか、別のバックアップを使ってください。`,
  });
}

function cannotCopy(file: string): StackProblem {
  return new StackProblem({
    en: `${file} is neither a file nor a folder (a link to another disk?), so a copy would not be whole; use the PostgreSQL tools for this data folder (pg_basebackup).`,
    ja: `${file} はファイルでもフォルダーでもありません（別のディスクへのリンクなど）。完全にコピーできないので、このデータフォルダーには PostgreSQL のツール（pg_basebackup）を使ってください。`,
  });
}
