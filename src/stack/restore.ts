import fs from 'node:fs';
import path from 'node:path';
import { lookIntoRegister } from './backup.js';
import {
  copyFile,
  readManifest,
  requireWhole,
  sideBySide,
  syncFolder,
  withRoom,
  type Manifest,
  type Part,
} from './backupFiles.js';
import { serverUser } from './postgresFiles.js';
import { StackProblem, type Log } from './problem.js';
import { carryOut, decideToReplace, type Plan } from './replace.js';
import { requireEmbedded, TEMPORAL_FILES, whileServersRest, whileStopped } from './stillness.js';

export interface RestoreOptions {
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** A folder that `backUp` wrote. */
  readonly from: string;
  /** Absent = everything that the backup holds. */
  readonly only?: Part;
  /** Checks the backup and says what would be replaced; also while the stack runs. */
  readonly dryRun?: boolean;
  /** Migrations that this build knows: a register of a later one cannot be opened by it. */
  readonly schemas: readonly string[];
  /** Adds keys to the ring of this deployment, which loses none: what was written since must stay readable. */
  readonly adoptKeys: (coming: string) => void;
  /** File of the key ring; absent where it is given as text in a variable, and is not touched. */
  readonly keyRing?: string;
  /** Instant of the restore, ISO 8601. */
  readonly at: string;
  readonly log: Log;
  /** Named steps, at which a test may end the process. */
  readonly step?: (name: string) => void;
}

export interface Restored {
  readonly manifest: Manifest;
  readonly parts: readonly Part[];
  /** Where the replaced state is kept; absent when there was none, and in a dry run. */
  readonly aside?: string;
}

/**
 * Puts a backup in the place of the databases of the embedded stack, which must be stopped. The old ones are kept aside.
 * Interrupted before everything is ready, the old state stays; after it, the next command or start finishes. Never half.
 *
 * @throws {StackProblem} for everything that a person must mend; then nothing was replaced
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { stateDir, env, dryRun, schemas, log, step = () => undefined } = options;
  const from = path.resolve(options.from);
  requireEmbedded(env);
  const manifest = readManifest(from);
  const parts = partsOf(manifest, options, from);
  if (!schemas.includes(manifest.schema)) throw tooNew(manifest.schema);
  const wanted = manifest.files.filter(({ path: place }) => parts.includes(place.split('/')[0] as Part));
  log(`checking ${wanted.length} files`);
  await requireWhole(from, { files: wanted });
  if (dryRun) return { manifest, parts };

  fs.mkdirSync(stateDir, { recursive: true });
  return whileStopped(stateDir, () =>
    withRoom(stateDir, async () => {
      const staging = path.join(stateDir, STAGING);
      fs.rmSync(staging, { recursive: true, force: true });
      fs.mkdirSync(staging, { mode: 0o711 });
      try {
        await stage({ ...options, from }, manifest, wanted, staging);
        if (parts.includes('register')) await tryRegister(manifest, staging, options);
        step('restore.staged');
        const stamp = options.at.replace(/[-:]|\.\d+/g, '');
        const plan = planOf(stateDir, parts, `replaced-${stamp}`);
        // Keys first: with them both the old and the new can be read, whichever it will be.
        if (parts.includes('keys')) adopt(options, staging, path.join(stateDir, `replaced-${stamp}`));
        await whileServersRest(stateDir, async () => {
          decideToReplace(stateDir, plan);
          step('restore.decided');
          carryOut(stateDir, step);
        });
        const aside = path.join(stateDir, `replaced-${stamp}`);
        return { manifest, parts, ...(fs.existsSync(aside) && { aside }) };
      } catch (error) {
        // What is decided is left for the next start, which finishes it.
        if (!fs.existsSync(path.join(stateDir, 'replace.json'))) fs.rmSync(staging, { recursive: true, force: true });
        throw error;
      }
    }),
  );
}

const STAGING = 'restore.new';

function partsOf(manifest: Manifest, { only, keyRing }: RestoreOptions, from: string): Part[] {
  const held = (Object.keys(manifest.parts) as Part[]).filter((part) => part !== 'keys' || keyRing !== undefined);
  if (only === undefined) return held;
  if (held.includes(only)) return [only];
  throw new StackProblem({
    en: `The backup ${from} holds no "${only}" that could be restored here; leave out --only, or choose one of: ${held.join(', ')}.`,
    ja: `バックアップ ${from} には、ここで復元できる「${only}」がありません。--only を外すか、次のいずれかを指定してください: ${held.join('、')}。`,
  });
}

/** Copies the files beside the place where they belong, with the owner and the modes that the servers want. */
async function stage(
  { from }: RestoreOptions,
  manifest: Manifest,
  wanted: Manifest['files'],
  staging: string,
): Promise<void> {
  const register = wanted.some(({ path: place }) => place.startsWith('register/'));
  const home = path.join(staging, 'postgres', 'data');
  const placeOf = (place: string) =>
    place.startsWith('register/')
      ? path.join(home, place.slice('register/'.length))
      : path.join(staging, path.basename(place));
  const folders = register
    ? [home, ...manifest.folders.filter((folder) => folder.startsWith('register/')).map(placeOf)]
    : [];
  if (register) fs.mkdirSync(path.dirname(home), { mode: 0o755 });
  for (const folder of folders) fs.mkdirSync(folder, { mode: 0o700 });
  await sideBySide(wanted, async (file) => {
    const { size, sha256 } = await copyFile(path.join(from, file.path), placeOf(file.path));
    if (size !== file.size || sha256 !== file.sha256) throw changedMeanwhile(from, file.path);
  });
  const { uid, gid } = register ? serverUser(() => undefined) : {};
  if (uid !== undefined && gid !== undefined) {
    for (const folder of folders) fs.chownSync(folder, uid, gid);
    for (const { path: place } of wanted) if (place.startsWith('register/')) fs.chownSync(placeOf(place), uid, gid);
  }
  for (const folder of [...folders, staging]) syncFolder(folder);
}

/**
 * Opens the restored register before it counts, and marks it: order numbers begin again where the backup was taken, and
 * the channel system remembers the keys of those that were sent since.
 */
async function tryRegister(manifest: Manifest, staging: string, { at, log }: RestoreOptions): Promise<void> {
  const facts = await lookIntoRegister(staging, log, async (client) => {
    await client.query(
      `insert into setting (name, value) values ('restored', $1) on conflict (name) do update set value = excluded.value`,
      [at],
    );
  });
  if (facts.holds === manifest.holds && facts.openWorkflows === manifest.openWorkflows) return;
  throw new StackProblem({
    en: `The restored register does not hold what the backup says (${facts.holds} holds instead of ${manifest.holds}). Nothing was replaced; use another backup.`,
    ja: `復元した台帳がバックアップの記録と一致しません（保持 ${manifest.holds} 件のはずが ${facts.holds} 件）。何も置き換えていません。別のバックアップを使ってください。`,
  });
}

function planOf(stateDir: string, parts: readonly Part[], aside: string): Plan {
  const move = (name: string) => {
    const from = `${STAGING}/${name}`;
    return { ...(fs.existsSync(path.join(stateDir, from)) && { from }), to: name, aside: `${aside}/${name}` };
  };
  const names = [
    ...(parts.includes('register') ? ['postgres/data'] : []),
    // The log of an old database beside a new one would destroy it: what the backup lacks goes too.
    ...(parts.includes('temporal') ? TEMPORAL_FILES : []),
  ];
  return { v: 1, moves: names.map(move), remove: STAGING };
}

function adopt({ keyRing, adoptKeys }: RestoreOptions, staging: string, aside: string): void {
  if (fs.existsSync(keyRing!)) {
    fs.mkdirSync(aside, { recursive: true, mode: 0o700 });
    fs.copyFileSync(keyRing!, path.join(aside, 'keys.json'));
  }
  adoptKeys(fs.readFileSync(path.join(staging, 'keys.json'), 'utf8'));
}

function tooNew(schema: string): StackProblem {
  return new StackProblem({
    en: `The backup's register (${schema}) was written by a later version of Hikeshi; install that version and restore with it.`,
    ja: `このバックアップの台帳（${schema}）は、より新しい版の Hikeshi で書かれています。その版を入れて復元してください。`,
  });
}

function changedMeanwhile(from: string, file: string): StackProblem {
  return new StackProblem({
    en: `The file ${file} of the backup ${from} changed while it was copied. Nothing was replaced; see that nobody writes there, and run it again.`,
    ja: `バックアップ ${from} のファイル ${file} がコピー中に変わりました。何も置き換えていません。だれも書き込んでいないことを確認して、もう一度実行してください。`,
  });
}
