import { createHash } from 'node:crypto';
import path from 'node:path';
import { sql } from 'kysely';
import type { z } from 'zod';
import { PROJECT_ROOT } from '../config.js';
import { ConnectorsFileSchema } from '../connectors/serviceControl/schema.js';
import { CalendarSchema, type Calendar } from '../domain/calendar.js';
import { FrameworkSchema, type Framework } from '../domain/framework/schema.js';
import { canonicalJson } from '../domain/json.js';
import { noticeId, NoticeSchema, type Notice } from '../domain/notice.js';
import { DOCUMENTS, type Documents } from '../domain/playbook.js';
import { ProvidersSchema, type Providers } from '../domain/providers.js';
import { Refusal } from '../domain/refusal.js';
import { names } from '../domain/serviceMap.js';
import type { Db } from './open.js';
import { readDocument, readFamily, readOptionalDocument } from './playbookFiles.js';

export { readDocument } from './playbookFiles.js';

/** One file each, and every playbook has them. */
const SINGLES = { ...DOCUMENTS, connectors: ConnectorsFileSchema } as const;
/** One file each, for playbooks that need them. */
const OPTIONAL = { providers: ProvidersSchema } as const;
/** Many of a kind, each with a version of its own: stored as `framework/<id>`, read as `frameworks[id]`. */
const FAMILIES = {
  framework: { plural: 'frameworks', schema: FrameworkSchema },
  calendar: { plural: 'calendars', schema: CalendarSchema },
  notice: { plural: 'notices', schema: NoticeSchema },
} as const;

type Single = keyof typeof SINGLES;
type Family = keyof typeof FAMILIES;

export type AllDocuments = Documents & {
  readonly connectors: z.output<typeof ConnectorsFileSchema>;
  /** Control frameworks and own checklists by id. */
  readonly frameworks: Readonly<Record<string, Framework>>;
  readonly calendars: Readonly<Record<string, Calendar>>;
  /** Texts of mails, as `inspection-request.ja`. */
  readonly notices: Readonly<Record<string, Notice>>;
  /** The units of inspections. */
  readonly providers?: Providers | undefined;
};

/** What the register calls a document: `services`, `framework/starter-2020`. */
export type DocumentName = Single | keyof typeof OPTIONAL | `${Family}/${string}`;

/** The content of a document by its name. */
export type DocumentContent<N extends DocumentName> = N extends `framework/${string}`
  ? Framework
  : N extends `calendar/${string}`
    ? Calendar
    : N extends `notice/${string}`
      ? Notice
      : N extends keyof AllDocuments
        ? NonNullable<AllDocuments[N]>
        : never;

const KEYS = [
  ...(Object.keys(SINGLES) as Single[]),
  'providers',
  ...Object.values(FAMILIES).map(({ plural }) => plural),
] as const satisfies readonly (keyof AllDocuments)[];

/**
 * Reads all documents of a playbook folder: playbook, services, roster, decisions, policy, connectors; providers if there
 * are any; frameworks, calendars and texts of mails, of the project and of the folder.
 * @param given documents that do not come from the folder, e.g. the policy of a drill
 */
export async function readPlaybook(folder: string, given: Partial<AllDocuments> = {}): Promise<AllDocuments> {
  const wanted = KEYS.filter((key) => !Object.hasOwn(given, key));
  return { ...(await readParts(folder, wanted)), ...given };
}

/** The same for some of the documents, where the others do not matter. */
export async function readParts<K extends keyof AllDocuments>(
  folder: string,
  keys: readonly K[],
): Promise<Pick<AllDocuments, K>> {
  const read = async (key: keyof AllDocuments): Promise<unknown> => {
    const folders = [PROJECT_ROOT, folder].map((root) => path.join(root, key));
    if (key === 'notices') return noticesIn(folders);
    if (key === 'frameworks' || key === 'calendars')
      return readFamily(key === 'frameworks' ? FrameworkSchema : CalendarSchema, folders);
    const file = path.join(folder, `${key}.yaml`);
    return key === 'providers' ? readOptionalDocument(OPTIONAL.providers, file) : readDocument(SINGLES[key], file);
  };
  const pairs = await Promise.all(keys.map(async (key) => [key, await read(key)] as const));
  return Object.fromEntries(pairs.filter(([, document]) => document !== undefined)) as Pick<AllDocuments, K>;
}

async function noticesIn(folders: readonly string[]): Promise<AllDocuments['notices']> {
  // Whoever reads no texts loads no Liquid.
  const { readNotices } = await import('../connectors/notice/read.js');
  return Object.fromEntries((await readNotices(...folders)).map((notice) => [noticeId(notice), notice]));
}

/** Every document with the name under which the register keeps it, and its version. */
export function namedDocuments(
  documents: AllDocuments,
): { readonly name: DocumentName; readonly version: string; readonly document: object }[] {
  const families: Partial<Record<string, Family>> = Object.fromEntries(
    (Object.keys(FAMILIES) as Family[]).map((family) => [FAMILIES[family].plural, family]),
  );
  return Object.entries(documents as Readonly<Record<string, object | undefined>>)
    .flatMap(([key, document]) => {
      if (!document) return [];
      const family = families[key];
      if (!family) return [{ name: key as DocumentName, document }];
      return Object.entries(document).map(([id, one]) => ({
        name: `${family}/${id}` as DocumentName,
        document: one as object,
      }));
    })
    .map(({ name, document }) => ({
      name,
      document,
      version: 'version' in document ? String(document.version) : documentHash(document).slice(0, 12),
    }));
}

/** The hash of a document's content, as the register keeps it. */
export const documentHash = (document: object) => createHash('sha256').update(canonicalJson(document)).digest('hex');

/**
 * Stores the documents as versioned data and makes them the current ones. A version once stored never changes: the same
 * version with other content is refused. What the playbook leaves out is no longer current; its versions stay readable.
 */
export async function publishDocuments(db: Db, documents: AllDocuments, at: string): Promise<void> {
  const named = namedDocuments(documents);
  await db.transaction().execute(async (trx) => {
    await keepsWhatIsHeld(trx, documents);
    for (const { name: kind, version, document } of named) {
      const content = canonicalJson(document);
      const hash = documentHash(document);
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
    const names = new Set<string>(named.map(({ name }) => name));
    const current = await trx.selectFrom('current_document').select('kind').execute();
    // What this build does not know is a newer build's business.
    const dropped = current.map(({ kind }) => kind).filter((kind) => !names.has(kind) && schemaOf(kind));
    if (dropped.length > 0) await trx.deleteFrom('current_document').where('kind', 'in', dropped).execute();
  });
}

/** What a suspension looks after cannot be reached, read back or let go by a service map that does not name it. */
async function keepsWhatIsHeld(db: Db, { services }: Pick<AllDocuments, 'services'>): Promise<void> {
  const { rows } = await sql<{ target: string }>`
    select target from hold where released_at is null
    union select jsonb_object_keys(state->'targets') from job where job = 'suspension' and not closed
    order by target`.execute(db);
  const missing = rows.map(({ target }) => target).filter((target) => !names(services, target));
  if (missing.length === 0) return;
  throw new Refusal({
    en: `The service map ${services.version} does not name ${missing.join(', ')}, and a suspension looks after it. Keep it in the map until that suspension is over, and publish then; nothing was published.`,
    ja: `サービス一覧（版 ${services.version}）に ${missing.join('、')} がありませんが、停止措置の対象になっています。その措置が終わるまで一覧に残し、終わってから登録してください。今回は何も登録していません。`,
  });
}

/** Versions of a document that the register keeps, in the order in which they came. */
export async function versionsOf(db: Db, name: DocumentName): Promise<string[]> {
  const rows = await db
    .selectFrom('document')
    .select('version')
    .where('kind', '=', name)
    .orderBy('loaded_at')
    .orderBy('version')
    .execute();
  return rows.map(({ version }) => version);
}

/** One version of a document, current or not. @throws Refusal naming the versions that there are */
export async function documentOf<N extends DocumentName>(
  db: Db,
  name: N,
  version: string,
): Promise<DocumentContent<N>> {
  const row = await db
    .selectFrom('document')
    .select(['hash', 'content'])
    .where('kind', '=', name)
    .where('version', '=', version)
    .executeTakeFirst();
  if (row) return (await parsedOnce(name, row.hash, () => row.content)) as DocumentContent<N>;
  const known = await versionsOf(db, name);
  throw new Refusal({
    en: `The register has no ${name} of version "${version}". ${known.length > 0 ? `Name one of: ${known.join(', ')}.` : 'It has no version of it at all; publish the playbook that holds it.'}`,
    ja: `台帳に ${name} の版「${version}」はありません。${known.length > 0 ? `次のいずれかを指定してください: ${known.join('、')}。` : 'どの版も登録されていません。この文書を含むプレイブックを登録してください。'}`,
  });
}

/** The schema of a document by its name; undefined for one that a newer build knows. */
function schemaOf(name: string): z.ZodType | undefined {
  const [family] = name.split('/');
  if (name.includes('/') && Object.hasOwn(FAMILIES, family!)) return FAMILIES[family as Family].schema;
  const known: Readonly<Record<string, z.ZodType>> = { ...SINGLES, ...OPTIONAL };
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

const parsed = new Map<string, unknown>();

/** Parsed once a version, since a version never changes. */
function parsedOnce(name: string, hash: string, content: () => unknown): unknown {
  if (!parsed.has(hash)) parsed.set(hash, schemaOf(name)?.parse(content()));
  return parsed.get(hash);
}

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
    for (const { kind, hash, content } of contents) parsedOnce(kind, hash, () => content);
  }
  const singles: [string, unknown][] = [];
  const families: Record<string, Record<string, unknown>> = { frameworks: {}, calendars: {}, notices: {} };
  for (const { kind, hash } of rows) {
    const slash = kind.indexOf('/');
    if (!schemaOf(kind)) continue;
    if (slash < 0) singles.push([kind, parsed.get(hash)]);
    else {
      const family = kind.slice(0, slash);
      if (Object.hasOwn(FAMILIES, family))
        families[FAMILIES[family as Family].plural]![kind.slice(slash + 1)] = parsed.get(hash);
    }
  }
  return { ...Object.fromEntries(singles), ...families } as unknown as AllDocuments;
}
