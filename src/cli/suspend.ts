import { examples } from '../domain/examples.js';
import { parseWorkflowId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { requireDecidable } from '../domain/proposal.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import { ProposeLiftInput } from '../domain/suspension.js';
import type { App, Result, Word } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { list, number, requireFlags } from './input.js';
import { questionsOf, readJob, readJobs } from './jobs.js';
import { commonOptions, type ActingFlags } from './options.js';
import { start } from './suspendStart.js';
import { standingResult } from './suspendStatus.js';

export function suspendCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  const starting = (name: string, en: string, ja: string) =>
    app
      .command(name, { en, ja })
      .addOption(common.incident)
      .option(
        '--name <name>',
        app.t(
          'name at the end of the workflow id, e.g. mijica-transfer-1',
          'ワークフローIDの末尾。例: mijica-transfer-1',
        ),
      )
      .option('--targets <ids>', app.t('functions, separated by commas', '対象の機能（カンマ区切り）'), list)
      .option('--measure <measure>', app.t('suspend or restrict', 'suspend（停止）または restrict（制限）'), 'suspend')
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.failedControl)
      .option(
        '--expected-end <instant>',
        app.t(
          'e.g. 2026-12-01T09:00:00+09:00; left out: undetermined',
          '終了見込み。例: 2026-12-01T09:00:00+09:00（省略: 未定）',
        ),
      )
      .option(
        '--limit-yen <yen>',
        app.t('limit for one request, with restrict', '制限時の1回あたり上限額（円）'),
        number,
      )
      .option(
        '--in-flight <what>',
        app.t('finish, hold or reject what is under way', '処理中のもの: finish（完了）hold（保留）reject（取消）'),
      )
      .option(
        '--also-review <ids>',
        app.t('functions to be judged besides', '併せて判断する機能（カンマ区切り）'),
        list,
      )
      .option('--legal-basis <text>', app.t('legal basis', '法的根拠'))
      .option('--trigger <key>', app.t('what made it necessary, e.g. loss-confirmed', 'きっかけ。例: loss-confirmed'))
      .addOption(common.input('the whole input (with --name)', '入力全体（--name と併用）'))
      .addOption(common.dryRun('show what would be done', '内容だけを表示する'));

  group.addCommand(
    starting(
      'propose',
      'propose a stop or restriction; it waits for approval',
      '停止・制限を提案し、承認を待つ',
    ).action((flags) => app.run(flags, (context) => start(app, context, flags, false))),
  );
  group.addCommand(
    starting(
      'emergency',
      'stop at once, by the duty officer alone; prints how to stop by hand when Temporal is down (exit code 2)',
      '当直責任者が単独で直ちに停止する。Temporal が停止中なら手作業の手順を表示する（終了コード 2）',
    ).action((flags) => app.run(flags, (context) => start(app, context, flags, true))),
  );
  group.addCommand(
    app
      .command('lift', {
        en: 'propose to lift a measure; it waits for a decision',
        ja: '措置の解除を提案し、判断を待つ',
      })
      .addArgument(common.workflow)
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.dryRun('show what would be proposed', '内容だけを表示する'))
      .action((workflowId, flags) => app.run(flags, (context) => lift(context, workflowId, flags))),
  );
  group.addCommand(
    app
      .command('status', { en: 'how suspensions stand, target by target', ja: '停止措置の状況を対象ごとに表示する' })
      .argument('[workflow-id]')
      .option('--all', app.t('closed ones too', '終了したものも表示する'))
      .action((workflowId, flags) =>
        app.run(flags, async (context) => {
          const db = await context.register();
          const jobs = workflowId
            ? [await context.asking(readJob(db, workflowId))]
            : await context.asking(readJobs(db, { closed: flags.all ?? false }));
          return standingResult(context, jobs);
        }),
      ),
  );
  return group;
}

async function lift(context: Context, workflowId: string, flags: ActingFlags): Promise<Result> {
  parseWorkflowId('suspension', workflowId);
  const { by, reason } = flags;
  requireFlags(
    { by, reason },
    `npx hikeshi suspend lift ${workflowId} --by owner-mijica --reason 'The control is in place and tested'`,
  );
  const input = parseInput(ProposeLiftInput, { v: 1, by, reason }, examples.proposeLift);
  if (flags.dryRun) {
    const job = await context.asking(readJob(await context.register(), workflowId));
    const { documents } = await context.documents();
    const { roster, decisions } = documents;
    const { failedControl } = job.of.job === 'suspension' ? job.of.state : {};
    const proposal = { rule: 'suspension.proposeLift', verdict: 'propose', by: input.by, at: context.now() };
    authorise(roster, decisions, { ...proposal, votes: [] });
    requireDecidable(roster, decisions, { ...proposal, failedControl });
    const held = job.of.job === 'suspension' && job.of.state.phase === 'ordered' && !job.of.state.lift;
    if (!held) throw new Refusal(nothingToLift(workflowId, job.stage));
    return {
      data: { dryRun: true, workflowId, input, stage: job.stage, questions: questionsOf(job.of) },
      page: (page) =>
        page.text(
          page.t({
            en: `The lift of ${workflowId} would be proposed. Nothing is lifted until somebody else decides it (subject "lift").`,
            ja: `${workflowId} の解除を提案します。別の人が判断する（subject「lift」）まで、何も解除しません。`,
          }),
        ),
    };
  }
  const client = await context.temporal();
  await client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.getHandle(workflowId).executeUpdate('proposeLift', { args: [input] }),
  );
  return standingResult(context, [await context.asking(readJob(await context.register(), workflowId))]);
}

const nothingToLift = (id: string, stage: string) => ({
  en: `There is nothing to propose: ${id} is ${stage}. Look at "hikeshi suspend status ${id}".`,
  ja: `提案できるものがありません。${id} は ${stage} です。hikeshi suspend status ${id} で確認してください。`,
});
