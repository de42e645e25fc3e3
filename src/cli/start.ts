import { randomUUID } from 'node:crypto';
import { functionsOf } from '../domain/serviceMap.js';
import { onDuty } from '../domain/roster.js';
import { instant } from '../domain/instant.js';
import { readConfig } from '../config.js';
import { SIMULATOR_TOKEN } from '../simulator/channelSystem.js';
import { startStack, type Addresses, type Neighbours } from '../stack/start.js';
import type { AllDocuments } from '../store/documents.js';
import { STACK_VARIABLE } from '../worker/health.js';
import type { App, Word } from './app.js';
import { remember } from './neighbours.js';
import { Page, shellWord } from './output.js';
import { soundPlaybook } from './playbook.js';
import { sentenceOf } from './problems.js';
import { migrateRegister, prepare } from './setUp.js';

export function startCommand(app: App, ...word: Word) {
  return app
    .command(...word)
    .option(
      '--without-simulators',
      app.t('use the real channel system and mail relay', '実際の業務システムとメールを使う'),
    )
    .action(async (flags) => {
      app.exitCode = await start(app, flags);
    });
}

interface StartFlags {
  readonly json?: true | undefined;
  readonly lang?: string | undefined;
  readonly withoutSimulators?: true | undefined;
}

async function start(app: App, flags: StartFlags): Promise<number> {
  const { env } = app;
  const config = { ...readConfig(env), language: app.languageOf(flags) };
  const stop = new AbortController();
  const asked = new Promise<'asked'>((resolve) => stop.signal.addEventListener('abort', () => resolve('asked')));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // Whoever presses twice does not want to wait; the next start cleans up.
      if (stop.signal.aborted) process.exit(1);
      app.progress(flags, { en: 'Stopping in order ...', ja: '順に停止しています…' });
      stop.abort();
    });
  const simulators = !flags.withoutSimulators;
  const page = new Page({
    language: config.language,
    color: process.stdout.isTTY,
    width: process.stdout.columns ?? 100,
  });
  try {
    const documents = await soundPlaybook(config.playbook);
    const toys = {
      HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN,
      HIKESHI_SIM_TOKEN: SIMULATOR_TOKEN,
      HIKESHI_SIM_LAZY: '1',
    };
    const identity = { [STACK_VARIABLE]: randomUUID() };
    const stack = await startStack(config, {
      env: { ...env, ...identity },
      simulators,
      signal: stop.signal,
      log: (line) => {
        if (!flags.json) process.stderr.write(`  ${line}\n`);
      },
      ...(simulators && { extraEnv: () => toys }),
      migrate: migrateRegister,
      prepare: ({ databaseUrl, temporalAddress, namespace }: Neighbours) =>
        prepare({ databaseUrl, temporalAddress, namespace, stateDir: config.stateDir, playbook: config.playbook, env }),
    });
    const { addresses } = stack;
    remember(config.stateDir, {
      env: {
        ...identity,
        // What was given from outside may hold a password, and is given again by whoever runs a command.
        ...(!env['DATABASE_URL'] && { DATABASE_URL: addresses.databaseUrl }),
        ...(!env['TEMPORAL_ADDRESS'] && { TEMPORAL_ADDRESS: addresses.temporalAddress }),
        TEMPORAL_NAMESPACE: addresses.namespace,
        HIKESHI_PLAYBOOK: config.playbook,
        HIKESHI_CODEC_URL: addresses.codecUrl,
        HIKESHI_FORMS_URL: addresses.formsUrl,
        HIKESHI_SMTP_URL: addresses.smtpUrl,
        ...(addresses.uiUrl && { HIKESHI_UI_URL: addresses.uiUrl }),
        ...(simulators && {
          HIKESHI_CHANNEL_URL: addresses.channelSystemUrl,
          HIKESHI_SECRET_CHANNEL_TOKEN: SIMULATOR_TOKEN,
        }),
      },
      workerHealthUrls: [...addresses.workerHealthUrls],
    });
    if (flags.json) process.stdout.write(`${JSON.stringify({ ready: true, addresses })}\n`);
    else {
      greet(page, addresses, documents);
      process.stdout.write(page.toString());
    }
    const ended = await Promise.race([asked, stack.failed]);
    await stack.stop();
    if (ended === 'asked') return 0;
    process.stderr.write(`${page.t(ended.sentence)}\n`);
    return 1;
  } catch (error) {
    if (stop.signal.aborted) return 0;
    const sentence = sentenceOf(error);
    if (!sentence) throw error;
    if (flags.json) process.stdout.write(`${JSON.stringify({ refused: sentence })}\n`);
    else process.stderr.write(`${page.paint(page.t(sentence), 'red')}\n`);
    return 1;
  }
}

/** Where everything is, and what to try first. */
function greet(page: Page, addresses: Addresses, documents: AllDocuments): void {
  page.heading(
    page.t({ en: 'Hikeshi runs. Ctrl-C stops it.', ja: 'Hikeshi が起動しました。停止は Ctrl-C です。' }),
    'green',
  );
  const { uiUrl, namespace } = addresses;
  page.table(
    [],
    [
      [
        page.t({ en: 'Temporal Web UI', ja: 'Temporal Web UI' }),
        uiUrl ? `${uiUrl}/namespaces/${namespace}/workflows` : '-',
      ],
      [page.t({ en: 'Temporal', ja: 'Temporal' }), addresses.temporalAddress],
      // Without the codec server it shows payloads as they are kept: encrypted.
      [
        page.t({ en: 'Temporal CLI', ja: 'Temporal CLI' }),
        `temporal workflow list --address ${addresses.temporalAddress} --namespace ${namespace} --codec-endpoint ${addresses.codecUrl}`,
      ],
      [page.t({ en: 'register', ja: '台帳（PostgreSQL）' }), addresses.databaseUrl.replace(/:[^:@/]*@/, '@')],
      [page.t({ en: 'channel system', ja: '業務システム' }), addresses.channelSystemUrl],
      [page.t({ en: 'answer pages', ja: '回答ページ' }), `${addresses.formsUrl}/a/...`],
      [
        page.t({ en: 'worker health', ja: 'ワーカーの状態' }),
        addresses.workerHealthUrls.map((url) => `${url}/readyz`).join('  '),
      ],
      [
        page.t({ en: 'playbook', ja: 'プレイブック' }),
        `${page.t(documents.playbook.title)} (${documents.playbook.version})`,
      ],
      [page.t({ en: 'logs', ja: 'ログ' }), addresses.logs],
    ],
  );
  const at = instant(Date.now());
  const fn = functionsOf(documents.services).find(({ autoStop }) => autoStop) ?? functionsOf(documents.services)[0]!;
  const by = onDuty(documents.roster, at)?.person ?? 'duty-1';
  const [failedControl] = fn.controls;
  const stop = {
    v: 1,
    incident: 'B',
    measure: 'suspend',
    targets: [fn.id],
    by,
    reason: 'Losses go on',
    ...(failedControl !== undefined && { failedControl }),
    emergency: true,
  };
  page.heading(page.t({ en: 'Try, in another terminal', ja: '別の端末で試す' }));
  page.code('npx hikeshi status', 2);
  page.code(`npx hikeshi suspend emergency --name ${fn.id}-1 --input ${shellWord(JSON.stringify(stop))}`, 2);
  page.heading(page.t({ en: 'Or start it in the Web UI', ja: 'または Web UI で開始する' }));
  page.raw(
    `  ${page.t({ en: 'Start Workflow', ja: 'Start Workflow' })}: type suspension, task queue process, id suspension/B/${fn.id}-1`,
  );
  page.code(JSON.stringify(stop), 2);
}
