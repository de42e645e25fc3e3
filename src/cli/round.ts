import { Option } from '@commander-js/extra-typings';
import { examples } from '../domain/examples.js';
import { ProposeReportInput } from '../domain/inspectionRound.js';
import { incompleteUnits, isRunning, type RoundState } from '../domain/inspectionRound.js';
import { roundId } from '../domain/ids.js';
import { Refusal } from '../domain/refusal.js';
import { authorise } from '../domain/roster.js';
import { roundWords } from '../domain/wording/inspectionRound.js';
import { REPORT_FORMATS } from '../connectors/roundReport.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { decide } from './decide.js';
import { list } from './input.js';
import { decideCommand, readJob } from './jobs.js';
import { commonOptions, type ActingFlags } from './options.js';
import { roundOf } from './roundAt.js';
import { planRoundResult } from './roundPlan.js';
import { reportResult } from './roundReport.js';
import { roundStatus } from './roundStatus.js';
import { dryRunHeading, jsonOf, sendUpdate } from './send.js';

export function roundCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  const about = app.t('code of the round, e.g. R2020', '点検のコード。例: R2020');

  group.addCommand(
    app
      .command('plan', { en: 'plan a round; its lead opens it', ja: '点検を計画する（開始は責任者が判断）' })
      .argument('[round]', about)
      .option('--target <word>', app.t('by when, e.g. 10月末', '完了目標。例: 10月末'))
      .option('--title-ja <text>', app.t('title in Japanese', '名称（日本語）'))
      .option('--title-en <text>', app.t('title in English', '名称（英語）'))
      .option('--units <ids>', app.t('only these units, separated by commas', '対象を限る（カンマ区切り）'), list)
      .addOption(
        new Option(
          '--firmness <how>',
          app.t('how firm the target is', '完了目標の位置づけ（法定・約束・目標・方針）'),
        ).choices(['statutory', 'committed', 'target', 'principle'] as const),
      )
      .option(
        '--basis <list>',
        app.t(
          'what results rest on, by unit or group, e.g. code=AFTER_HARDENING,own=AS_IS',
          '結果の基準（対象または区分ごと）。例: code=AFTER_HARDENING,own=AS_IS',
        ),
        list,
      )
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be planned', '計画の内容を表示する'))
      .action((round, flags) => app.run(flags, (context) => planRoundResult(app, context, round, flags))),
  );
  const deciding = (name: string, en: string, ja: string) =>
    app
      .command(name, { en, ja })
      .argument('<round>', about)
      .addOption(common.by)
      .addOption(common.reason)
      .option('--digest <digest>', app.t('digest of what you were shown', '表示された内容の要約値'))
      .addOption(common.dryRun('show the question and who may decide', '質問と判断できる人を表示する'));
  const decided = (context: Context, round: string, flags: DecidingFlags, subject: string, verdict: string) =>
    decide(context, roundId(roundOf(round)), { ...flags, subject, verdict });

  group.addCommand(
    deciding('open', 'approve the plan: every unit is asked', '計画を承認し、各対象への照会を始める')
      .option('--refuse', app.t('refuse the plan instead', '承認せず却下する'))
      .action((round, flags) =>
        app.run(flags, (context) => decided(context, round, flags, 'open', flags.refuse ? 'refuse' : 'open')),
      ),
  );
  group.addCommand(
    app
      .command('status', {
        en: 'results by group, incomplete units, deadlines, predicted end',
        ja: '区分別の結果、未了の先、期限、完了見込みを表示する',
      })
      .argument('[round]', about)
      .action((round, flags) => app.run(flags, (context) => roundStatus(context, round))),
  );
  group.addCommand(
    app
      .command('report', {
        en: 'the result as it is published; without --digest how it stands now',
        ja: '公表する形の結果を出力する（--digest がなければ現在の状況）',
      })
      .argument('<round>', about)
      .addOption(
        new Option('--format <format>', app.t('md unless the file says otherwise', '省略時は md')).choices(
          REPORT_FORMATS,
        ),
      )
      .option('--out <file>', app.t('write to this file', '書き出すファイル'))
      .option('--digest <digest>', app.t('exactly the one with this digest', 'この要約値の報告をそのまま出力する'))
      .action((round, flags) =>
        app.run(flags, (context) => reportResult(context, round, flags, app.languageOf(flags))),
      ),
  );
  group.addCommand(
    app
      .command('report-propose', {
        en: 'propose the result as it stands for publication',
        ja: '現時点の結果を公表案とする',
      })
      .argument('<round>', about)
      .addOption(common.by)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be proposed', '内容だけを表示する'))
      .action((round, flags) => app.run(flags, (context) => proposeReport(context, round, flags))),
  );
  group.addCommand(
    deciding('publish', 'release the proposed report', '公表案を承認する')
      .option('--return', app.t('give it back instead', '承認せず差し戻す'))
      .action((round, flags) =>
        app.run(flags, (context) => decided(context, round, flags, 'report', flags.return ? 'return' : 'publish')),
      ),
  );
  group.addCommand(
    deciding(
      'close',
      'end a reported round; units without a result go on',
      '報告済みの点検を終了する（未了の対象は継続）',
    ).action((round, flags) => app.run(flags, (context) => decided(context, round, flags, 'close', 'close'))),
  );
  return group;
}

interface DecidingFlags extends ActingFlags {
  readonly digest?: string | undefined;
}

async function proposeReport(
  context: Context,
  text: string,
  { by, input, dryRun }: ActingFlags & { readonly input?: string | undefined },
): Promise<Result> {
  const round = roundOf(text);
  const workflowId = roundId(round);
  const json = await jsonOf(
    ProposeReportInput,
    { by, input },
    { example: examples.proposeReport, usage: `npx hikeshi round report-propose ${round} --by provider-manager-1` },
  );
  if (dryRun) return wouldPropose(context, workflowId, json);
  const { digest } = await sendUpdate<{ digest: string }>(context, workflowId, 'proposeReport', json);
  const look = `npx hikeshi round report ${round} --digest ${digest} --out ${round}.pdf`;
  const publish = decideCommand(workflowId, 'report', ['publish', 'return'], digest);
  return {
    data: { workflowId, digest, look, publish },
    page: (page) => {
      page.text(
        page.t({
          en: 'The result is proposed. Nothing is published until somebody else releases exactly this.',
          ja: '公表案を作成しました。別の人がこの内容を承認するまで公表されません。',
        }),
        0,
        'green',
      );
      page.raw(`${page.t({ en: 'digest', ja: '要約値' })} ${page.paint(digest, 'bold')}`);
      page.code(look, 2);
      page.code(publish, 2);
    },
  };
}

async function wouldPropose(context: Context, workflowId: string, input: ProposeReportInput): Promise<Result> {
  const job = await context.asking(readJob(await context.register(), workflowId));
  const { documents } = await context.documents();
  authorise(documents.roster, documents.decisions, {
    rule: 'inspectionRound.proposeReport',
    verdict: 'propose',
    by: input.by,
    at: context.now(),
    votes: [],
  });
  const state = job.of.state as RoundState;
  if (!isRunning(state)) throw new Refusal(roundWords(state).notRunning);
  const incomplete = incompleteUnits(state);
  return {
    data: { dryRun: true, workflowId, input, update: 'proposeReport', incomplete },
    page: (page) => {
      dryRunHeading(page);
      page.text(
        page.t({
          en: `The result of ${workflowId} as it stands would be proposed. ${incomplete.length === 0 ? 'Every unit has a result.' : `Named as incomplete: ${incomplete.join(', ')}.`}`,
          ja: `${workflowId} の現時点の結果を公表案とします。${incomplete.length === 0 ? 'すべての対象の結果が出ています。' : `未了として記載する対象: ${incomplete.join('、')}。`}`,
        }),
      );
    },
  };
}
