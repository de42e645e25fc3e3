import { Option } from '@commander-js/extra-typings';
import { readConfig } from '../config.js';
import { localText, type Instant, type Zone } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import { faultPoint } from '../faultPoint.js';
import { backUp } from '../stack/backup.js';
import { PARTS, type Manifest, type Part } from '../stack/backupFiles.js';
import { restore, type Restored } from '../stack/restore.js';
import { SCHEMAS } from '../store/migrate.js';
import { adoptKeys, keyRingFile } from '../worker/keyRing.js';
import type { App, OutputOptions, Result, Word } from './app.js';
import type { Context } from './context.js';
import type { Page } from './output.js';

export function backupCommand(app: App, ...word: Word) {
  return app
    .command(...word)
    .option('--out <folder>', app.t('a folder that does not exist yet', 'まだないフォルダー'))
    .action((flags) => app.run(flags, (context) => backup(app, context, flags)));
}

export function restoreCommand(app: App, ...word: Word) {
  return app
    .command(...word)
    .option('--from <folder>', app.t('a folder that "hikeshi backup" wrote', 'hikeshi backup が書いたフォルダー'))
    .addOption(
      new Option('--only <part>', app.t('this part only; the others stay', 'この部分だけ（ほかはそのまま）')).choices(
        PARTS,
      ),
    )
    .option('--dry-run', app.t('check the backup; replace nothing', 'バックアップを確認し、何も置き換えない'))
    .action((flags) => app.run(flags, (context) => bringBack(app, context, flags)));
}

/** What both work with. The servers of a stack that ran here are remembered, and are not what somebody else gave. */
function surroundings(app: App, flags: OutputOptions) {
  const { stateDir } = readConfig(app.env);
  const keyRing = keyRingFile(stateDir, app.env);
  return {
    stateDir,
    env: app.env,
    ...(keyRing !== undefined && { keyRing }),
    log: (line: string) => app.progress(flags, { en: `  ${line}`, ja: `  ${line}` }),
    step: faultPoint,
  };
}

async function backup(app: App, context: Context, flags: OutputOptions & { out?: string | undefined }) {
  if (flags.out === undefined) throw missing('--out', 'npx hikeshi backup --out ../backup-2020-09-16');
  const around = surroundings(app, flags);
  const { folder, manifest } = await backUp({ ...around, out: flags.out, at: context.now() });
  const { files: _files, folders: _folders, ...data } = manifest;
  const zone = await context.zone();
  return {
    data: { folder, ...data, keys: 'keys' in manifest.parts },
    page: (page: Page) => {
      page.heading(page.t({ en: `Backed up to ${folder}`, ja: `${folder} にバックアップしました` }), 'green');
      contents(page, manifest, zone);
      page.raw();
      page.text(page.t(aboutKeys(manifest)), 0, 'yellow');
      page.text(page.t(elsewhere));
    },
  } satisfies Result;
}

interface RestoreFlags extends OutputOptions {
  readonly from?: string | undefined;
  readonly only?: Part | undefined;
  readonly dryRun?: true | undefined;
}

async function bringBack(app: App, context: Context, { from, only, dryRun, ...flags }: RestoreFlags) {
  if (from === undefined) throw missing('--from', 'npx hikeshi restore --from ../backup-2020-09-16 --dry-run');
  const around = surroundings(app, flags);
  const restored = await restore({
    ...around,
    from,
    ...(only !== undefined && { only }),
    ...(dryRun && { dryRun }),
    schemas: SCHEMAS,
    adoptKeys: (coming) => adoptKeys(around.keyRing!, coming),
    at: context.now(),
  });
  const { files: _files, folders: _folders, ...data } = restored.manifest;
  const zone = await context.zone();
  return {
    data: { ...data, restored: restored.parts, aside: restored.aside ?? null, dryRun: dryRun ?? false },
    page: (page: Page) => showRestored(page, restored, zone, dryRun ?? false),
  } satisfies Result;
}

function showRestored(page: Page, { manifest, parts, aside }: Restored, zone: Zone, dryRun: boolean): void {
  page.heading(
    page.t(
      dryRun
        ? { en: 'The backup is whole. Nothing was replaced.', ja: 'バックアップは完全です。何も置き換えていません。' }
        : { en: `Restored: ${parts.join(', ')}`, ja: `復元しました: ${parts.join('、')}` },
    ),
    'green',
  );
  contents(page, manifest, zone);
  page.raw();
  if (dryRun) return;
  if (aside !== undefined)
    page.text(
      page.t({
        en: `What was there before is kept in ${aside}. Delete it when nobody needs it any more; it holds keys.`,
        ja: `それまでのものは ${aside} に残しました。不要になったら削除してください（鍵を含みます）。`,
      }),
    );
  page.text(page.t(afterwards), 0, 'yellow');
  page.code('npm start');
  page.code('npx hikeshi reconcile --dry-run');
}

function contents(page: Page, manifest: Manifest, zone: Zone): void {
  const { takenAt, holds, openWorkflows, schema, postgres, parts } = manifest;
  page.table(
    [],
    [
      [page.t({ en: 'taken at', ja: '作成日時' }), `${localText(takenAt as Instant, zone)} (${zone.name})`],
      [page.t({ en: 'holds on functions', ja: '機能の保持' }), String(holds)],
      [page.t({ en: 'open workflows', ja: '継続中のワークフロー' }), String(openWorkflows)],
      [page.t({ en: 'schema', ja: '台帳の版' }), `${schema} (PostgreSQL ${postgres})`],
      ...PARTS.flatMap((part) => {
        const found = parts[part];
        return found ? [[page.t(PART_NAMES[part]), `${found.files}  ${megabytes(found.bytes)} MB`]] : [];
      }),
    ],
  );
}

const PART_NAMES: Record<Part, Sentence> = {
  register: { en: 'register: files', ja: '台帳: ファイル数' },
  temporal: { en: 'histories: files', ja: '履歴: ファイル数' },
  keys: { en: 'key ring: files', ja: '鍵束: ファイル数' },
};

const BYTES_OF_A_MEGABYTE = 1_000_000;
const megabytes = (bytes: number) => (bytes / BYTES_OF_A_MEGABYTE).toFixed(1);

const aboutKeys = ({ parts }: Manifest): Sentence =>
  parts.keys
    ? {
        en: 'The keys are in it: without them no history can be read, and with them everything can. Keep the backup as you keep keys.',
        ja: '鍵も含まれています。鍵がなければ履歴は読めず、鍵があればすべて読めます。バックアップは鍵と同じように保管してください。',
      }
    : {
        en: 'The key ring is not in it, because it is given by HIKESHI_KEY_RING. Keep a copy of it too: without it no history can be read.',
        ja: '鍵束は HIKESHI_KEY_RING で与えられているため、含まれていません。鍵束も別に保管してください。鍵束がなければ履歴は読めません。',
      };

const elsewhere: Sentence = {
  en: 'Copy the folder to another machine: on this disk it is lost with it. Check a copy at any time with "hikeshi restore --from FOLDER --dry-run".',
  ja: 'フォルダーを別の機械にコピーしてください。同じディスクに置くと一緒に失われます。写しは hikeshi restore --from フォルダー --dry-run でいつでも確認できます。',
};

const afterwards: Sentence = {
  en: 'The channel system was not touched: functions that were stopped or opened since the backup are so still. Start the stack and compare before anything else:',
  ja: '業務システムには何もしていません。バックアップの後に停止・再開した機能は、そのままです。まず起動して、比較してください。',
};

function missing(flag: string, example: string): Refusal {
  return new Refusal({
    en: `Missing: ${flag}. For example: ${example}`,
    ja: `${flag} を指定してください。例: ${example}`,
  });
}
