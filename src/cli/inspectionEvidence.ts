import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Refusal } from '../domain/refusal.js';
import { endingOf } from '../gateway/forms/fileKind.js';
import { readEvidence, type EvidenceFile } from '../store/evidence.js';
import { readInspection, type KeptInspection } from '../store/inspections.js';
import type { OutputOptions, Result } from './app.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { noItem } from './inspectionShow.js';
import { oneLine } from './output.js';
import { inspectionOf } from './roundAt.js';

interface EvidenceFlags extends OutputOptions {
  readonly item?: string | undefined;
  readonly out?: string | undefined;
}

/** A file on the disk, and what it is. */
interface WrittenFile {
  /** Made of the hash of its content; what the provider calls it stands in `name` only. */
  readonly file: string;
  readonly hash: string;
  readonly mediaType: string;
  /** Bytes. */
  readonly size: number;
  /** Items whose answers name it; none for one that was attached and never sent. */
  readonly items: readonly string[];
  readonly name: string;
  /** False: it was there before, with the same content. */
  readonly written: boolean;
}

/** One file may have tens of megabytes. */
const FILE_MS = 60_000;

/**
 * Writes what a provider attached into a folder, for evaluators. The bytes are not opened, a name of the provider never
 * becomes a name on the disk, and nothing that is there is written over.
 */
export async function writeEvidence(context: Context, name: string, { item, out }: EvidenceFlags): Promise<Result> {
  requireFlags({ out }, `npx hikeshi inspection evidence ${name} --out evidence`);
  const folder = path.resolve(out!);
  const db = await context.register();
  const workflowId = await context.asking(inspectionOf(db, name));
  const kept = (await context.asking(readInspection(db, workflowId)))!;
  if (item !== undefined && kept.items.every((each) => each.item !== item)) throw noItem(workflowId, kept);
  const itemsOf = namedBy(kept);
  const wanted = [...kept.files.values()]
    .map((file) => ({ ...file, items: itemsOf.get(file.hash) ?? [] }))
    .filter(({ items }) => item === undefined || items.includes(item))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1));
  if (wanted.length > 0) await prepared(folder);
  const files: WrittenFile[] = [];
  for (const { storedAt: _storedAt, ...file } of wanted) {
    // One after the other: all files of a unit may be half a gigabyte.
    const { content } = (await context.asking(readEvidence(db, workflowId, file.hash), FILE_MS))!;
    files.push({ ...file, ...(await put(folder, file, content)) });
  }
  return {
    data: { workflowId, out: folder, files },
    page: (page) => {
      if (files.length === 0)
        return page.text(page.t({ en: 'No file was handed in.', ja: '提出されたファイルはありません。' }));
      page.text(
        page.t({
          en: `${files.length} files of ${workflowId} are in ${folder}. They come from outside: open them where that is harmless.`,
          ja: `${workflowId} のファイル ${files.length} 件を ${folder} に書き出しました。外部から届いたものです。安全な環境で開いてください。`,
        }),
      );
      for (const each of files) {
        page.raw();
        page.raw(`  ${page.paint(path.basename(each.file), 'bold')}`);
        const [of, there] = [each.items.join(', ') || '-', page.t({ en: 'was there', ja: '書き出し済み' })];
        page.text(`${each.size} B   ${each.mediaType}   ${of}   ${oneLine(each.name)}`, 4);
        if (!each.written) page.text(there, 4, 'dim');
      }
    },
  };
}

/** By hash, the items whose answers name the file. */
function namedBy({ questionnaire }: KeptInspection): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { item, thread, current } of questionnaire?.items ?? []) {
    const hashes = [...thread.flatMap(({ evidence = [] }) => evidence), ...(current?.evidence ?? [])];
    for (const hash of new Set(hashes)) found.set(hash, [...(found.get(hash) ?? []), item]);
  }
  return found;
}

const hashOf = (content: Uint8Array) => `sha256:${createHash('sha256').update(content).digest('hex')}`;

async function prepared(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** @throws Refusal for a file that the register no longer holds as it came, and for another file of the same name */
async function put(
  folder: string,
  { hash, mediaType }: Pick<EvidenceFile, 'hash' | 'mediaType'>,
  content: Buffer,
): Promise<{ file: string; written: boolean }> {
  if (hashOf(content) !== hash) throw new Refusal(changed(hash));
  const file = path.join(folder, `${hash.slice('sha256:'.length)}.${endingOf(mediaType)}`);
  try {
    // Fails on anything that is there, a link to elsewhere included.
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    return { file, written: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw notWritable(folder, error);
    const there = await readFile(file).catch(() => undefined);
    if (!there || hashOf(there) !== hash) throw new Refusal(taken(file));
    return { file, written: false };
  }
}

function notWritable(folder: string, error: unknown): Refusal {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return new Refusal({
    en: `Nothing can be written to ${folder} (${code}). Name a folder in which you may write.`,
    ja: `${folder} に書き込めません（${code}）。書き込めるフォルダーを指定してください。`,
  });
}

const taken = (file: string) => ({
  en: `${file} is there already and holds something else. Nothing was written over; name an empty folder.`,
  ja: `${file} は既にあり、内容が異なります。上書きしていません。空のフォルダーを指定してください。`,
});

const changed = (hash: string) => ({
  en: `What the register keeps under ${hash} is no longer what was handed in: its hash differs. Take it from a backup, and find out who changed it.`,
  ja: `台帳で ${hash} として保管されている内容が、提出時のものと異なります（ハッシュの不一致）。バックアップから復元し、原因を調べてください。`,
});
