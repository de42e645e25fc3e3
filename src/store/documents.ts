import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { ConnectorsFileSchema } from '../connectors/serviceControl/schema.js';
import { canonicalJson, type Json } from '../domain/json.js';
import { DOCUMENTS, type Documents } from '../domain/playbook.js';
import { Refusal } from '../domain/refusal.js';
import type { Db } from './open.js';

const SCHEMAS = { ...DOCUMENTS, connectors: ConnectorsFileSchema } as const;
export type AllDocuments = Documents & { readonly connectors: z.output<typeof ConnectorsFileSchema> };
type Kind = keyof typeof SCHEMAS;

/** Reads one YAML file of a playbook. What is wrong is said with the file and the field. */
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

/**
 * Reads all documents of a playbook folder: playbook, services, roster, decisions, policy, connectors.
 * @param given documents that do not come from the folder, e.g. the policy of a drill
 */
export async function readPlaybook(folder: string, given: Partial<AllDocuments> = {}): Promise<AllDocuments> {
  const read = async <K extends Kind>(kind: K) =>
    [kind, await readDocument(SCHEMAS[kind], path.join(folder, `${kind}.yaml`))] as const;
  const kinds = (Object.keys(SCHEMAS) as Kind[]).filter((kind) => !given[kind]);
  const pairs = await Promise.all(kinds.map((kind) => read(kind)));
  return { ...Object.fromEntries(pairs), ...given } as unknown as AllDocuments;
}

/**
 * Stores the documents as versioned data and makes them the current ones. A version once stored never changes: the same
 * version with other content is refused.
 */
export async function publishDocuments(db: Db, documents: AllDocuments, at: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const [kind, document] of Object.entries(documents)) {
      const content = canonicalJson(document);
      const hash = createHash('sha256').update(content).digest('hex');
      const version = 'version' in document ? document.version : hash.slice(0, 12);
      const known = await trx
        .selectFrom('document')
        .select('hash')
        .where('kind', '=', kind)
        .where('version', '=', version)
        .executeTakeFirst();
      if (known && known.hash !== hash) {
        throw new Refusal({
          en: `The ${kind} of version "${version}" is in the register already with other content. Give the changed file a new version.`,
          ja: `${kind} の版「${version}」は別の内容で台帳に登録済みです。変更したファイルに新しい版を付けてください。`,
        });
      }
      if (!known) await trx.insertInto('document').values({ kind, version, content, hash, loaded_at: at }).execute();
      await trx
        .insertInto('current_document')
        .values({ kind, version })
        .onConflict((c) => c.column('kind').doUpdateSet({ version }))
        .execute();
    }
  });
}

const parsed = new Map<string, unknown>();

/** How long a process may go on with documents that were current a moment ago: ten targets of a stop ask once, not ten times. */
const FRESH_MS = 250;
const recent = new WeakMap<Db, { at: number; documents: Promise<AllDocuments> }>();

/** The current documents, at most a quarter of a second old. */
export function currentDocuments(db: Db): Promise<AllDocuments> {
  const known = recent.get(db);
  if (known && performance.now() - known.at < FRESH_MS) return known.documents;
  const documents = readCurrent(db);
  recent.set(db, { at: performance.now(), documents });
  // A failed look is nobody's documents.
  documents.catch(() => recent.delete(db));
  return documents;
}

/** Parsed once a version, since a version never changes. */
async function readCurrent(db: Db): Promise<AllDocuments> {
  const rows = await db
    .selectFrom('current_document as c')
    .innerJoin('document as d', (join) => join.onRef('d.kind', '=', 'c.kind').onRef('d.version', '=', 'c.version'))
    .select(['c.kind', 'c.version', 'd.hash'])
    .execute();
  if (rows.length === 0) {
    throw new Refusal({
      en: 'The register holds no playbook yet. Start the stack with "npm start", or run "hikeshi playbook publish DIR".',
      ja: '台帳にプレイブックがありません。npm start で起動するか、hikeshi playbook publish DIR を実行してください。',
    });
  }
  const missing = rows.filter(({ hash }) => !parsed.has(hash)).map(({ hash }) => hash);
  if (missing.length > 0) {
    const contents = await db
      .selectFrom('document')
      .select(['kind', 'hash', 'content'])
      .where('hash', 'in', missing)
      .execute();
    for (const { kind, hash, content } of contents)
      parsed.set(hash, SCHEMAS[kind as Kind].parse(content satisfies Json));
  }
  return Object.fromEntries(rows.map(({ kind, hash }) => [kind, parsed.get(hash)])) as unknown as AllDocuments;
}
