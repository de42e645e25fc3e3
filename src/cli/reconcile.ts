import type { Client } from '@temporalio/client';
import { openActivityDeps } from '../activities/deps.js';
import { findDifferences } from '../activities/reconcile.js';
import { unheldText } from '../domain/guardSweep.js';
import type { Instant } from '../domain/instant.js';
import type { Comparison, Difference } from '../domain/reconcile.js';
import { Refusal } from '../domain/refusal.js';
import { rolesOf } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import { record } from '../store/record.js';
import type { Store } from '../store/open.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { commonOptions } from './options.js';
import { shellWord, type Page } from './output.js';
import { startAgain } from './startAgain.js';

export function reconcileCommand(app: App, ...word: Word) {
  const common = commonOptions(app);
  return app
    .command(...word)
    .argument('[workflow-id]', app.t('only this one', 'これだけ'))
    .addOption(common.by)
    .option(
      '--yes',
      app.t('also replace a run whose stage differs from the register', '台帳と段階が異なる実行も置き換える'),
    )
    .addOption(common.dryRun('show the differences', '違いを表示する'))
    .action((workflowId, flags) => app.run(flags, (context) => reconcile(context, workflowId, flags)));
}

/** A difference with what became of it: `mended`, `asks` (a person says yes first), or `named` (a person looks). */
interface Outcome {
  readonly difference: Difference;
  readonly outcome: 'mended' | 'would-mend' | 'asks' | 'named';
}

interface Flags {
  readonly by?: string | undefined;
  readonly yes?: true | undefined;
  readonly dryRun?: true | undefined;
}

async function reconcile(context: Context, only: string | undefined, flags: Flags): Promise<Result> {
  const again = `npx hikeshi reconcile${only === undefined ? '' : ` ${shellWord(only)}`} --by duty-1`;
  if (!flags.dryRun) requireFlags({ by: flags.by }, again);
  await context.register();
  const client = await context.temporal();
  const at = context.now();
  if (flags.by !== undefined) await known(context, flags.by, at);
  const opened = openActivityDeps(context.config, { env: context.env });
  try {
    const comparison = await findDifferences(opened.deps, client, at, only);
    const outcomes: Outcome[] = [];
    for (const difference of comparison.differences)
      outcomes.push({ difference, outcome: await settle(client, context.store(), difference, flags, at) });
    const open = outcomes.some(({ outcome }) => outcome !== 'mended');
    return {
      data: { ...comparison, differences: outcomes, dryRun: flags.dryRun ?? false },
      page: (page) => show(page, comparison, outcomes, only),
      exitCode: open && !flags.dryRun ? 1 : 0,
    };
  } finally {
    await opened.close();
  }
}

/** Whoever reconciles is on record, so he must be somebody. @throws Refusal */
async function known(context: Context, by: string, at: Instant): Promise<void> {
  const { roster } = (await context.documents()).documents;
  if (rolesOf(roster, by, at).length > 0) return;
  throw new Refusal({
    en: `The roster ${roster.version} does not know the person "${by}", or he holds no role now. Use the id that stands in the roster.`,
    ja: `名簿（版 ${roster.version}）に「${by}」はいないか、現在役割がありません。名簿にあるIDを使ってください。`,
  });
}

async function settle(
  client: Client,
  store: Store,
  difference: Difference,
  flags: Flags,
  at: Instant,
): Promise<Outcome['outcome']> {
  const { kind, workflowId } = difference;
  if (kind === 'hold-without-job' || kind === 'run-without-row' || kind === 'stuck-without-row' || kind === 'unheld')
    return 'named';
  if (kind === 'stage-differs' && !flags.yes) return 'asks';
  if (flags.dryRun) return 'would-mend';
  const by = flags.by!;
  const handle = client.workflow.getHandle(workflowId);
  switch (kind) {
    case 'no-run':
      await startAgain(client, store, difference.job, workflowId);
      break;
    case 'diverged':
      await handle.signal('reconcile', { v: 1, by });
      break;
    case 'stuck':
    case 'stage-differs':
      await handle.terminate(`reconcile: replaced from the register by ${by}`);
      await startAgain(client, store, difference.job, workflowId);
      break;
    case 'drift':
      await handle.signal('driftFound', { v: 1, target: difference.target, readBack: difference.readBack, at });
      break;
  }
  await noted(store, difference, by, at);
  return 'mended';
}

/** The timeline says who mended what; the tasks that called for it are done. */
async function noted(store: Store, difference: Difference, by: string, at: Instant): Promise<void> {
  const { workflowId } = difference;
  const incident = 'incident' in difference ? difference.incident : (workflowId.split('/')[1] ?? '-');
  const part = 'target' in difference ? `#${difference.target}` : '';
  await record(store, {
    workflowId: `reconcile/${at}/${workflowId}${part}`,
    job: 'reconcile',
    incident,
    stage: 'DONE',
    closed: true,
    needsHuman: false,
    state: { by },
    sequence: 1,
    transitions: [
      {
        entity: workflowId,
        kind: 'reconciled',
        effectiveAt: at,
        recordedAt: at,
        sequence: 1,
        content: { by, found: difference.kind },
        rows: [],
      },
    ],
  });
  if (difference.kind === 'drift') return;
  await store.db
    .updateTable('task')
    .set({ closed_at: at })
    .where('closed_at', 'is', null)
    .where((where) =>
      where.or([
        where('subject', '=', `orphan:${workflowId}`),
        where.and([where('subject', '=', 'reconcile'), where('workflow_id', '=', workflowId)]),
      ]),
    )
    .execute();
}

const OUTCOMES: Record<Outcome['outcome'], Sentence> = {
  mended: { en: 'MENDED', ja: '修復済み' },
  'would-mend': { en: 'would be mended', ja: '修復の対象' },
  asks: { en: 'ASKS YOU', ja: '確認が必要' },
  named: { en: 'LOOK AT IT', ja: '人の確認が必要' },
};

function show(page: Page, { rows, unread }: Comparison, outcomes: readonly Outcome[], only: string | undefined): void {
  page.text(
    page.t({
      en: `${rows} open workflow${rows === 1 ? '' : 's'} compared; ${outcomes.length === 0 ? 'register, runs and read-backs agree.' : `${outcomes.length} difference${outcomes.length === 1 ? '' : 's'}.`}`,
      ja: `継続中の ${rows} 件を比較しました。${outcomes.length === 0 ? '台帳・実行・実際の状態は一致しています。' : `違いは ${outcomes.length} 件です。`}`,
    }),
  );
  for (const { difference, outcome } of outcomes) {
    page.raw();
    const paint = outcome === 'mended' ? 'green' : outcome === 'would-mend' ? 'yellow' : 'red';
    page.raw(`  ${page.paint(difference.workflowId, 'bold')}   ${page.paint(page.t(OUTCOMES[outcome]), paint)}`);
    page.text(page.t(explained(difference)), 2);
    if (outcome === 'asks') page.code(`npx hikeshi reconcile ${shellWord(difference.workflowId)} --by YOUR-ID --yes`);
  }
  if (unread.length > 0) {
    page.raw();
    page.text(
      page.t({
        en: `Could not be read back: ${unread.join(', ')}. Look at "hikeshi status" for the channel system.`,
        ja: `状態を確認できません: ${unread.join('、')}。業務システムの状態を hikeshi status で確認してください。`,
      }),
      2,
      'red',
    );
  }
  if (only !== undefined && outcomes.length === 0)
    page.text(page.t({ en: `Nothing to mend for ${only}.`, ja: `${only} に修復するものはありません。` }), 2);
}

/** What is different, and what mends it. */
function explained(difference: Difference): Sentence {
  switch (difference.kind) {
    case 'no-run':
      return {
        en: `Its workflow is gone (${difference.status}); the measure stays. It is started again from the register.`,
        ja: `ワークフローがありません（${difference.status}）。措置は続いています。台帳の内容から再開します。`,
      };
    case 'stuck':
      return {
        en: `It stands still: the same step has failed ${difference.attempts} times in a row. What is stopped stays stopped. Its run is ended, and started again from the register.`,
        ja: `先に進めません（同じ処理に ${difference.attempts} 回続けて失敗）。停止中の機能は停止のままです。実行を終了し、台帳の内容から再開します。`,
      };
    case 'diverged':
      return {
        en: 'Its history and the register went apart. It goes on with what the register holds.',
        ja: '履歴と台帳が食い違っています。台帳の内容で続行します。',
      };
    case 'stage-differs':
      return {
        en: `The register says ${difference.register}, the run says ${difference.run} (a reset, or a restored register). With --yes the run is ended and started again from the register.`,
        ja: `台帳は ${difference.register}、実行は ${difference.run} です（リセット、または台帳の復元）。--yes を付けると、実行を終了し、台帳の内容から再開します。`,
      };
    case 'drift':
      return {
        en: `${difference.target} reads ${difference.readBack}, which is not what must hold. The suspension is told and orders it again.`,
        ja: `${difference.target} の状態が ${difference.readBack} で、あるべき状態と異なります。措置に知らせ、改めて指示させます。`,
      };
    case 'unheld':
      return unheldText(difference);
    case 'hold-without-job':
      return {
        en: 'It still holds functions, but is closed in the register. Nothing is changed: propose a new suspension for what must stay stopped, and have the hold released by whoever looks after the register.',
        ja: '台帳では終了していますが、機能を保持したままです。何も変更しません。停止を続けるものは新たに提案し、この保持は台帳の管理者に解除を依頼してください。',
      };
    case 'stuck-without-row':
      return {
        en: 'It stands still: the same step fails again and again, and the register has no open row to go on from. Bring back the version of the workers under which it was started, and it goes on by itself; or look in the Temporal Web UI what it was to do, terminate it there, and start that anew.',
        ja: '同じ処理に失敗し続けて先に進めず、台帳にも継続中の記録がありません。起動時の版のワーカーに戻せば自動で続行します。戻せない場合は Temporal Web UI で内容を確認し、そこで終了（Terminate）してから、改めて起動してください。',
      };
    case 'run-without-row':
      return {
        en: 'It runs, but the register has no open row for it (just started, or a restored register). If this stays so, look at it in the Temporal Web UI.',
        ja: '実行中ですが、台帳に継続中の記録がありません（開始直後、または台帳の復元）。続く場合は Temporal Web UI で確認してください。',
      };
  }
}
