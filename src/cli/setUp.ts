import { Client, Connection } from '@temporalio/client';
import { instant } from '../domain/instant.js';
import { publishDocuments } from '../store/documents.js';
import { migrate } from '../store/migrate.js';
import { openStore } from '../store/open.js';
import { dataConverterFor } from '../worker/dataConverter.js';
import { openKeyRing } from '../worker/keyRing.js';
import { ensureSchedules } from '../worker/schedules.js';
import type { App, Result, Word } from './app.js';
import { soundPlaybook } from './playbook.js';

export interface Preparation {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly stateDir: string;
  /** Folder of the playbook to publish. */
  readonly playbook: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Brings the register's tables up to date. */
export async function migrateRegister(databaseUrl: string): Promise<void> {
  const store = openStore(databaseUrl, { max: 2 });
  try {
    await migrate(store.db);
  } finally {
    await store.close();
  }
}

/**
 * Everything between servers that answer and workers that may start: tables, the playbook's documents, the namespace's
 * key, the schedules. Running it again changes nothing, and mends what drifted.
 */
export async function prepare({
  databaseUrl,
  temporalAddress,
  namespace,
  stateDir,
  playbook,
  env = process.env,
}: Preparation): Promise<void> {
  const documents = await soundPlaybook(playbook);
  const store = openStore(databaseUrl, { max: 2 });
  try {
    await migrate(store.db);
    await publishDocuments(store.db, documents, instant(Date.now()));
  } finally {
    await store.close();
  }
  const keyRing = openKeyRing(stateDir, env);
  keyRing.ensureKey(namespace);
  const connection = await Connection.connect({ address: temporalAddress, connectTimeout: 5_000 });
  try {
    const client = new Client({ connection, namespace, dataConverter: dataConverterFor(namespace, keyRing) });
    await client.withDeadline(Date.now() + 10_000, () => ensureSchedules(client, documents.policy, 'process'));
  } finally {
    await connection.close();
  }
}

const done = (en: string, ja: string): Result => ({
  data: { done: true },
  page: (page) => page.text(page.t({ en, ja })),
});

export function migrateCommand(app: App, ...word: Word) {
  return app.command(...word).action((flags) =>
    app.run(flags, async (context) => {
      await context.register();
      await migrateRegister(context.config.databaseUrl);
      return done("The register's tables are up to date.", '台帳の表は最新です。');
    }),
  );
}

export function prepareCommand(app: App, ...word: Word) {
  return app.command(...word).action((flags) =>
    app.run(flags, async (context) => {
      await context.register();
      await context.temporal();
      await prepare({ ...context.config, env: context.env });
      return done(
        'Tables, playbook, key and schedules are in place.',
        '台帳の表・プレイブック・鍵・定期実行の用意ができました。',
      );
    }),
  );
}

export function keyCommands(app: App, ...word: Word) {
  const group = app.group(...word);
  group.addCommand(
    app
      .command('rotate', {
        en: 'make a new current key; the old ones stay readable and running processes take it up',
        ja: '新しい鍵に切り替える。古い鍵でも読み取れ、動作中のプロセスも自動で切り替わる',
      })
      .option('--dry-run', app.t('show the current key; change nothing', '何も変えず、現在の鍵を表示する'))
      .action((flags) =>
        app.run(flags, async (context) => {
          const { stateDir, namespace } = context.config;
          const keyRing = openKeyRing(stateDir, context.env);
          const before = keyRing.namespaces.includes(namespace) ? keyRing.current(namespace).id : undefined;
          const current = flags.dryRun ? before : keyRing.rotateKey(namespace).id;
          return {
            data: { namespace, before: before ?? null, current: current ?? null, dryRun: flags.dryRun ?? false },
            page: (page) =>
              page.text(
                flags.dryRun
                  ? page.t({
                      en: `The current key of ${namespace} is ${current ?? '(none yet)'}.`,
                      ja: `${namespace} の現在の鍵は ${current ?? '（まだありません）'} です。`,
                    })
                  : page.t({
                      en: `The current key of ${namespace} is ${current} now. Back up the key ring: without it no history can be read.`,
                      ja: `${namespace} の鍵を ${current} に切り替えました。鍵束をバックアップしてください。鍵束がないと履歴を読めません。`,
                    }),
              ),
          };
        }),
      ),
  );
  return group;
}
