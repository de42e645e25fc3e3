import fs from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import {
  copyAll,
  requireWhole,
  sourceFolder,
  syncFolder,
  withRoom,
  writeManifest,
  type Manifest,
  type Source,
} from './backupFiles.js';
import { ensurePostgres } from './postgres.js';
import { StackProblem, type Log } from './problem.js';
import { dataFolder, requireEmbedded, TEMPORAL_FILES, whileServersRest, whileStopped } from './stillness.js';

export interface BackupOptions {
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the backup; must not exist yet, or be empty. */
  readonly out: string;
  /** File of the key ring; absent where it is given as text in a variable and cannot be copied. */
  readonly keyRing?: string;
  /** Instant of the backup, ISO 8601. */
  readonly at: string;
  readonly log: Log;
  /** Named steps, at which a test may end the process. */
  readonly step?: (name: string) => void;
}

/**
 * Copies register, histories and key ring of the embedded stack, which must be stopped, to a folder that appears only when
 * it is whole and its hashes are checked.
 *
 * @throws {StackProblem} for everything that a person must mend; then no folder of that name was made
 */
export async function backUp(options: BackupOptions): Promise<{ folder: string; manifest: Manifest }> {
  const { stateDir, env, keyRing, at, log, step = () => undefined } = options;
  const folder = path.resolve(options.out);
  requireEmbedded(env);
  requireData(stateDir);
  requireNew(folder, stateDir);
  return whileStopped(stateDir, async () => {
    const facts = await lookIntoRegister(stateDir, log);
    const partial = `${folder}.partial`;
    const manifest = await withRoom(folder, () =>
      whileServersRest(stateDir, async () => {
        fs.rmSync(partial, { recursive: true, force: true });
        fs.mkdirSync(partial, { recursive: true, mode: 0o700 });
        try {
          const copied = await copyAll(sourcesOf(stateDir, keyRing), partial);
          log(`copied ${copied.files.length} files`);
          await requireWhole(partial, copied);
          step('backup.copied');
          const written: Manifest = { v: 1, what: 'hikeshi-backup', takenAt: at, ...facts, ...copied };
          writeManifest(partial, written);
          for (const place of ['', ...copied.folders, ...Object.keys(copied.parts)])
            syncFolder(path.join(partial, place));
          fs.renameSync(partial, folder);
          syncFolder(path.dirname(folder));
          return written;
        } catch (error) {
          fs.rmSync(partial, { recursive: true, force: true });
          throw error;
        }
      }),
    );
    return { folder, manifest };
  });
}

/** What a killed server left behind about itself is no data. */
const NO_DATA = ['postmaster.pid'];

function sourcesOf(stateDir: string, keyRing: string | undefined): Source[] {
  const histories = TEMPORAL_FILES.map((name) => ({ name, from: path.join(stateDir, name) }));
  return [
    sourceFolder('register', dataFolder(stateDir), NO_DATA),
    { part: 'temporal', folders: [], files: histories.filter(({ from }) => fs.existsSync(from)) },
    ...(keyRing !== undefined && fs.existsSync(keyRing)
      ? [{ part: 'keys' as const, folders: [], files: [{ name: 'keys.json', from: keyRing }] }]
      : []),
  ];
}

/** What the register says of itself. */
export type Facts = Pick<Manifest, 'postgres' | 'schema' | 'holds' | 'openWorkflows'>;

/**
 * Opens the register once: proves that it can be read, brings it to rest after a kill, and counts what it knows.
 * @param also runs beside, e.g. to leave a mark in it
 */
export async function lookIntoRegister(
  stateDir: string,
  log: Log,
  also: (client: pg.Client) => Promise<void> = async () => undefined,
): Promise<Facts> {
  const server = await ensurePostgres({ stateDir, port: 0, database: 'hikeshi', log });
  const client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await also(client);
    const { rows } = await client.query<Facts>(`
      select split_part(current_setting('server_version'), '.', 1) as postgres,
             (select max(name) from kysely_migration) as schema,
             (select count(*)::int from hold where released_at is null) as holds,
             (select count(*)::int from job where not closed) as "openWorkflows"`);
    return rows[0]!;
  } catch (cause) {
    if ((cause as { code?: string }).code !== UNDEFINED_TABLE) throw cause;
    throw nothingYet(stateDir);
  } finally {
    await client.end();
    await server.stop();
  }
}

const UNDEFINED_TABLE = '42P01';

function requireData(stateDir: string): void {
  const present = [path.join(dataFolder(stateDir), 'PG_VERSION'), path.join(stateDir, TEMPORAL_FILES[0])];
  if (!present.every((file) => fs.existsSync(file))) throw nothingYet(stateDir);
}

function requireNew(folder: string, stateDir: string): void {
  const inside = path.relative(path.join(stateDir, 'postgres'), folder);
  if (!inside.startsWith('..') && !path.isAbsolute(inside)) {
    throw new StackProblem({
      en: `The backup would lie inside the data that it copies (${folder}); choose a folder elsewhere, best on another disk.`,
      ja: `バックアップ先 ${folder} がコピー元のデータの中にあります。別の場所（できれば別のディスク）を指定してください。`,
    });
  }
  if (!fs.existsSync(folder)) return;
  if (fs.statSync(folder).isDirectory() && fs.readdirSync(folder).length === 0) return;
  throw new StackProblem({
    en: `${folder} is there already, and a backup never overwrites another; choose a new folder.`,
    ja: `${folder} はすでにあります。バックアップは上書きしないので、新しいフォルダーを指定してください。`,
  });
}

function nothingYet(stateDir: string): StackProblem {
  return new StackProblem({
    en: `There is nothing to back up in ${stateDir}: the stack never ran with this folder. Start it once with "npm start", or set HIKESHI_STATE_DIR to the folder that it uses.`,
    ja: `${stateDir} にバックアップするものがありません。このフォルダーでスタックを起動したことがありません。npm start で一度起動するか、HIKESHI_STATE_DIR で使用中のフォルダーを指定してください。`,
  });
}
