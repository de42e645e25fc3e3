import { openEvaluation } from '../activities/evaluation.js';
import {
  EvaluationInput,
  FactCheckInput,
  ReviewPlanInput,
  StartFieldworkInput,
  SubmitOpinionInput,
  type OpinionReceipt,
} from '../domain/evaluation.js';
import { examples } from '../domain/examples.js';
import { evaluationId } from '../domain/ids.js';
import type { Instant, Zone } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { evaluationWords } from '../domain/wording/evaluation.js';
import { arithmeticText } from '../domain/wording/arithmetic.js';
import { readOpinions, type KeptOpinion } from '../store/opinions.js';
import type { App, Result, Word } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { list } from './input.js';
import { questionsOf, readJob, standingOf, waiting } from './jobs.js';
import { commonOptions, type ActingFlags } from './options.js';
import { local, type Page } from './output.js';
import { roundOf } from './roundAt.js';
import { dryRunHeading, jsonOf, sendUpdate } from './send.js';
import { requireSameRound, startJob } from './startJob.js';
import { showWaiting } from './suspendStatus.js';

export function evaluationCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const about = app.t('code of the round, e.g. R2020', '点検のコード。例: R2020');
  const group = app.group(...word);
  const command = (name: string, en: string, ja: string) => app.command(name, { en, ja }).argument('<round>', about);
  group.addCommand(
    command('show', 'where it stands, and every version of the opinion', '状況と見解の全版を表示する').action(
      (round, flags) => app.run(flags, (context) => show(context, roundOf(round))),
    ),
  );
  group.addCommand(
    command(
      'commission',
      'propose an evaluation; audit commissions it by "decide"',
      '第三者評価を提案する（監査が decide で委嘱する）',
    )
      .option('--assessor <person>', app.t('the assessor’s id in the roster', '評価者の名簿のID'))
      .option('--due <day>', app.t('when the opinion is due, e.g. 2020-11-06', '見解の期限。例: 2020-11-06'))
      .option(
        '--scope <parts>',
        app.t('plan, execution, improvement-plan; all of them when left out', '範囲（省略時は全部）'),
        list,
      )
      .option('--statement <text>', app.t('the assessor’s statement of independence', '評価者の独立性の申告'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be proposed', '提案の内容を表示する'))
      .action((round, flags) => app.run(flags, (context) => commission(app, context, roundOf(round), flags))),
  );
  group.addCommand(
    command('review-plan', 'assessor: the plan was reviewed', '評価者: 計画を確認した')
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole review, with remarks', '所見を含む全体'))
      .action((round, { by, reason, input, ...flags }) =>
        app.run(flags, async (context) => {
          const usage = `npx hikeshi evaluation review-plan ${round} --by assessor-1 --reason 'It covers everything'`;
          const json = await jsonOf(ReviewPlanInput, { by, reason, input }, { example: examples.reviewPlan, usage });
          return sent(context, roundOf(round), 'reviewPlan', json);
        }),
      ),
  );
  group.addCommand(
    command('start-fieldwork', 'assessor: fieldwork begins', '評価者: 実地評価を始める')
      .addOption(common.by)
      .action((round, { by, ...flags }) =>
        app.run(flags, async (context) => {
          const usage = `npx hikeshi evaluation start-fieldwork ${round} --by assessor-1`;
          const json = await jsonOf(StartFieldworkInput, { by }, { example: examples.startFieldwork, usage });
          return sent(context, roundOf(round), 'startFieldwork', json);
        }),
      ),
  );
  group.addCommand(
    command('submit', 'assessor: a version of the opinion', '評価者: 見解を提出する')
      .addOption(common.input('the whole opinion', '見解全体'))
      .action((round, { input, ...flags }) => app.run(flags, (context) => submit(context, roundOf(round), input))),
  );
  group.addCommand(
    command(
      'fact-check',
      'bank: remarks on the facts of a draft, kept beside it; without a remark the facts are right',
      '銀行: 見解案の事実確認に回答する（指摘がなければ事実に誤りなし）',
    )
      .option('--remark <text...>', app.t("e.g. 'c1: stopped since 09-16'", "例: 'c1: 9月16日から停止中'"))
      .addOption(common.by)
      .addOption(common.input('the whole answer', '回答全体'))
      .action((round, { by, input, remark = [], ...flags }) =>
        app.run(flags, async (context) => {
          const usage = `npx hikeshi evaluation fact-check ${round} --by ciso-1 --remark 'c1: stopped since 09-16'`;
          const remarks = remark.map(remarkOf);
          const json = await jsonOf(FactCheckInput, { by, input, remarks }, { example: examples.factCheck, usage });
          return sent(context, roundOf(round), 'factCheck', json);
        }),
      ),
  );
  return group;
}

/** `c1: text` is about a unit, anything else about the whole. */
function remarkOf(text: string): { unit?: string; text: string } {
  const [, unit, about] = /^([a-z0-9]+(?:-[a-z0-9]+)*):\s+(.+)$/s.exec(text) ?? [];
  return unit !== undefined && about !== undefined ? { unit, text: about } : { text };
}

async function sent(context: Context, round: string, update: string, json: object): Promise<Result> {
  await sendUpdate(context, evaluationId(round), update, json);
  return show(context, round);
}

async function submit(context: Context, round: string, input: string | undefined): Promise<Result> {
  const usage = `npx hikeshi evaluation submit ${round} --input opinion.json`;
  const json = await jsonOf(SubmitOpinionInput, { input }, { example: examples.submitOpinion, usage });
  const receipt = await sendUpdate<OpinionReceipt>(context, evaluationId(round), 'submitOpinion', json);
  return {
    data: { workflowId: evaluationId(round), receipt },
    page: (page) => {
      page.text(page.t(receipt.message), 0, receipt.contradictions.length > 0 ? 'yellow' : 'green');
      page.raw(`${page.t({ en: 'hash', ja: 'ハッシュ' })} ${page.paint(receipt.hash, 'bold')}`);
    },
  };
}

interface CommissionFlags extends ActingFlags {
  readonly assessor?: string | undefined;
  readonly due?: string | undefined;
  readonly scope?: string[] | undefined;
  readonly statement?: string | undefined;
  readonly input?: string | undefined;
}

async function commission(app: App, context: Context, round: string, flags: CommissionFlags): Promise<Result> {
  const { assessor, due, scope, statement, by, reason } = flags;
  const input = await jsonOf(
    EvaluationInput,
    { round, assessor, due, by, reason, input: flags.input },
    {
      example: examples.evaluation,
      usage: `npx hikeshi evaluation commission ${round} --assessor assessor-1 --due 2020-11-06 --by commander-1 --reason 'A third party is to look'`,
      optional: { scope, statement },
    },
  );
  requireSameRound(round, input);
  const workflowId = evaluationId(round);
  await context.register();
  const opened = await context.asking(
    openEvaluation({ store: context.store(), drill: false }, { workflowId, input, at: context.now() }),
    UPDATE_MS,
  );
  if (opened.kind === 'refused') throw new Refusal(opened.sentence);
  if (opened.kind === 'resumed') throw new Refusal(goesOn(round));
  if (!flags.dryRun)
    return startJob(app, context, flags, { job: 'evaluation', workflowId, input, summary: input.assessor }, () =>
      show(context, round),
    );
  const { watched, digest } = opened.plan;
  return {
    data: { dryRun: true, workflowId, input, due: watched.due, reminders: watched.reminders, digest },
    page: (page) => {
      dryRunHeading(page);
      page.raw(`${workflowId}   ${input.assessor}   ${input.scope.join(', ')}`);
      page.text(page.t(arithmeticText(watched.due)), 2, 'dim');
    },
  };
}

async function show(context: Context, round: string): Promise<Result> {
  const workflowId = evaluationId(round);
  const db = await context.register();
  const job = await context.asking(readJob(db, workflowId));
  const opinions = await context.asking(readOpinions(db, round));
  const { documents } = await context.documents();
  const at = context.now();
  const zone = await context.zone();
  const link = context.link(workflowId);
  const questions = questionsOf(job.of).map((question) => waiting(job, question, documents, at, link));
  return {
    data: { workflowId, stage: job.stage, state: job.of.state, opinions, questions, link },
    page: (page) => {
      page.heading(`${workflowId}   ${job.stage}`);
      page.text(page.t(standingOf(job.of)));
      for (const opinion of opinions) showOpinion(page, opinion, zone);
      for (const question of questions) showWaiting(page, question, at, zone);
      if (job.of.job === 'evaluation' && job.of.state.contradicted)
        page.text(page.t(evaluationWords(job.of.state).contradiction), 0, 'yellow');
      page.raw(page.paint(link, 'dim'));
    },
  };
}

function showOpinion(page: Page, { version, content, hash, intact, at, factChecks }: KeptOpinion, zone: Zone): void {
  const when = (instant: Instant) => local(instant, zone);
  const text = (said: string | { ja: string; en: string }) => (typeof said === 'string' ? said : page.t(said));
  page.heading(
    page.t({
      en: `Version ${version} (${content.stage}): ${content.opinion}   ${content.by}   ${when(at)}`,
      ja: `第${version}版（${content.stage === 'final' ? '最終' : '案'}）: ${content.opinion}   ${content.by}   ${when(at)}`,
    }),
  );
  page.raw(
    `  ${page.t({ en: 'hash', ja: 'ハッシュ' })} ${hash}   ${page.t({ en: 'report', ja: '報告' })} ${content.report}`,
  );
  if (!intact)
    page.text(
      page.t({
        en: 'The content does not have this hash any more: somebody changed the register. Restore it from a backup.',
        ja: '内容がこのハッシュと一致しません。台帳が書き換えられています。バックアップから復元してください。',
      }),
      2,
      'red',
    );
  for (const { unit, reason, suspended } of content.exceptions) {
    const state = suspended ? { en: 'suspended', ja: '停止中' } : { en: 'not suspended', ja: '停止していない' };
    page.text(`${unit}: ${text(reason)} (${page.t(state)})`, 2);
  }
  for (const recommendation of content.recommendations) page.text(`- ${page.t(recommendation)}`, 2);
  for (const check of factChecks) {
    page.text(
      page.t({
        en: `Fact check by ${check.by}, ${when(check.at)}: ${check.remarks.length === 0 ? 'no remark' : ''}`,
        ja: `${check.by} による事実確認（${when(check.at)}）: ${check.remarks.length === 0 ? '指摘なし' : ''}`,
      }),
      2,
      'dim',
    );
    for (const { unit, text: said } of check.remarks) page.text(`${unit === undefined ? '' : `${unit}: `}${said}`, 4);
  }
}

const goesOn = (round: string) => ({
  en: `The evaluation of the round ${round} goes on. Look at it with "hikeshi evaluation show ${round}".`,
  ja: `点検 ${round} の第三者評価は継続中です。hikeshi evaluation show ${round} で確認してください。`,
});
