import { openImprovement } from '../activities/improvement.js';
import { examples } from '../domain/examples.js';
import { improvementId, parseWorkflowId } from '../domain/ids.js';
import { ImprovementInput, MoveStageInput, SetDueInput } from '../domain/improvement.js';
import { Refusal } from '../domain/refusal.js';
import { dueText } from '../domain/wording/due.js';
import { STAGE_NAMES } from '../domain/wording/improvement.js';
import { wordOf } from '../domain/wording/inspection.js';
import { STANDING_WORDS } from '../domain/wording/roundReport.js';
import { arithmeticText } from '../domain/wording/arithmetic.js';
import { readImprovements } from '../store/improvements.js';
import type { App, Result, Word } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { list } from './input.js';
import { decideCommand, questionsOf, readJob } from './jobs.js';
import { commonOptions, type ActingFlags } from './options.js';
import { roundOf } from './roundAt.js';
import { dryRunHeading, jsonOf, sendUpdate } from './send.js';
import { requireSameRound, startJob } from './startJob.js';

export function improvementCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const which = app.t('e.g. R2020/ivr-o1', '例: R2020/ivr-o1');
  const group = app.group(...word);
  group.addCommand(
    app
      .command('list', { en: 'the improvements of a round', ja: '点検に伴う改善の一覧' })
      .argument('<round>', app.t('code of the round, e.g. R2020', '点検のコード。例: R2020'))
      .action((round, flags) => app.run(flags, (context) => showAll(context, roundOf(round)))),
  );
  group.addCommand(
    app
      .command('start', { en: 'begin an improvement', ja: '改善を始める' })
      .argument('<improvement>', which)
      .option('--units <ids>', app.t('counterparts, separated by commas', '相手方（カンマ区切り）'), list)
      .option(
        '--subject <subject>',
        app.t('ivr-callback, link-monitoring, charge-monitoring, link-letter or other', '主題'),
      )
      .option('--text-ja <text>', app.t('what it is, in Japanese', '内容（日本語）'))
      .option('--text-en <text>', app.t('what it is, in English', '内容（英語）'))
      .option('--stage <stage>', app.t('TALKS when left out', '段階。省略時は TALKS'))
      .option('--due <day>', app.t('a day or a word, e.g. 12月中', '期日または言葉。例: 12月中'))
      .option('--firmness <how>', app.t('committed, target or principle', '位置づけ'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be started', '内容だけを表示する'))
      .action((improvement, flags) => app.run(flags, (context) => start(app, context, idOf(improvement), flags))),
  );
  group.addCommand(
    app
      .command('move', {
        en: 'to its next stage, or DROPPED, which a second person confirms',
        ja: '次の段階に進める。DROPPED（取りやめ）は二人目が確認する',
      })
      .argument('<improvement>', which)
      .option('--stage <stage>', app.t('AGREED, IN_PREPARATION, IN_FORCE or DROPPED', '段階'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .action((improvement, { stage, by, reason, input, ...flags }) =>
        app.run(flags, async (context) => {
          const usage = `npx hikeshi improvement move ${improvement} --stage AGREED --by provider-manager-1 --reason 'Agreed in the meeting'`;
          const json = await jsonOf(
            MoveStageInput,
            { stage, by, reason, input },
            { example: examples.moveStage, usage },
          );
          return sent(context, idOf(improvement), 'moveStage', json);
        }),
      ),
  );
  group.addCommand(
    app
      .command('due', { en: 'another day; the old one is kept', ja: '期日を改める（前の期日は残る）' })
      .argument('<improvement>', which)
      .option('--due <day>', app.t('a day or a word, e.g. 12月中', '期日または言葉。例: 12月中'))
      .option('--firmness <how>', app.t('as before when left out', '位置づけ。省略時は前と同じ'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .action((improvement, { due, firmness, by, reason, input, ...flags }) =>
        app.run(flags, async (context) => {
          const usage = `npx hikeshi improvement due ${improvement} --due 2021-03-31 --by provider-manager-1 --reason 'They need longer'`;
          const json = await jsonOf(
            SetDueInput,
            { due, by, reason, input },
            { example: examples.setDue, usage, optional: { firmness } },
          );
          return sent(context, idOf(improvement), 'setDue', json);
        }),
      ),
  );
  return group;
}

interface Named {
  readonly round: string;
  readonly name: string;
  readonly workflowId: string;
}

/** `R2020/ivr-o1`, or the whole workflow id. @throws Refusal for another form */
function idOf(text: string): Named {
  const workflowId = text.startsWith('improvement/') ? text : `improvement/${text}`;
  const { incident: round, name } = parseWorkflowId('improvement', workflowId);
  return { round, name, workflowId: improvementId(round, name) };
}

interface StartFlags extends ActingFlags {
  readonly units?: string[] | undefined;
  readonly subject?: string | undefined;
  readonly textJa?: string | undefined;
  readonly textEn?: string | undefined;
  readonly stage?: string | undefined;
  readonly due?: string | undefined;
  readonly firmness?: string | undefined;
  readonly input?: string | undefined;
}

async function start(
  app: App,
  context: Context,
  { round, name, workflowId }: Named,
  flags: StartFlags,
): Promise<Result> {
  const { units, subject, textJa: ja, textEn: en, stage, due, firmness, by, reason } = flags;
  const text = ja === undefined && en === undefined ? undefined : { ja, en };
  const input = await jsonOf(
    ImprovementInput,
    { round, units, subject, by, reason, input: flags.input },
    {
      example: examples.improvement,
      usage: `npx hikeshi improvement start ${round}/${name} --units o1 --subject ivr-callback --due 12月中 --by provider-manager-1 --reason 'The balance check is to give way'`,
      optional: { text, stage, due, firmness },
    },
  );
  requireSameRound(round, input);
  await context.register();
  const opened = await context.asking(
    openImprovement({ store: context.store(), drill: false }, { workflowId, name, input, at: context.now() }),
    UPDATE_MS,
  );
  if (opened.kind === 'refused') throw new Refusal(opened.sentence);
  if (opened.kind === 'resumed') throw new Refusal(goesOn(workflowId, round));
  if (!flags.dryRun)
    return startJob(app, context, flags, { job: 'improvement', workflowId, input, summary: input.subject }, () =>
      showAll(context, round),
    );
  const day = opened.plan.watched?.due;
  return {
    data: { dryRun: true, workflowId, input, ...(day && { due: day }) },
    page: (page) => {
      dryRunHeading(page);
      page.raw(`${workflowId}   ${input.subject}   ${opened.plan.input.units.join(', ')}`);
      if (day) page.text(page.t(arithmeticText(day)), 2, 'dim');
    },
  };
}

async function sent(context: Context, { round, workflowId }: Named, update: string, json: object): Promise<Result> {
  await sendUpdate(context, workflowId, update, json);
  const { of } = await context.asking(readJob(await context.register(), workflowId));
  const commands = questionsOf(of).map(({ subject, verdicts, digest }) =>
    decideCommand(workflowId, subject, verdicts, digest),
  );
  const all = await showAll(context, round);
  return {
    data: { ...all.data, commands },
    page: (page) => {
      all.page(page);
      for (const command of commands) page.code(command, 2);
    },
  };
}

async function showAll(context: Context, round: string): Promise<Result> {
  const improvements = await context.asking(readImprovements(await context.register(), round));
  return {
    data: { round, improvements },
    page: (page) => {
      page.heading(page.t({ en: `Improvements (${improvements.length})`, ja: `改善（${improvements.length}件）` }));
      if (improvements.length === 0) return page.text(page.t({ en: 'None was started.', ja: 'まだありません。' }), 2);
      for (const { name, units, text, stage, due, standing, earlier } of improvements) {
        page.raw();
        page.raw(`  ${page.paint(`${round}/${name}`, 'bold')}   ${page.t(STAGE_NAMES[stage])} (${stage})`);
        page.text(`${page.t(text)}: ${units.join(', ')}`, 2);
        if (due)
          page.text(
            `${page.t({ en: 'due', ja: '期限' })} ${page.t(dueText(due))}   ${standing === undefined ? '' : page.t(wordOf(STANDING_WORDS, standing))}`,
            2,
            ...(standing === 'MISSED' ? (['red'] as const) : []),
          );
        if (earlier.length > 0)
          page.text(`${page.t({ en: 'promised before', ja: '以前の期日' })}: ${earlier.join(', ')}`, 2, 'dim');
      }
    },
  };
}

const goesOn = (id: string, round: string) => ({
  en: `${id} goes on. Look at it with "hikeshi improvement list ${round}".`,
  ja: `${id} は継続中です。hikeshi improvement list ${round} で確認してください。`,
});
