import { Option } from '@commander-js/extra-typings';
import type { App, Word } from './app.js';
import { list } from './input.js';
import { commonOptions } from './options.js';

// Each is loaded when it runs: a screen needs neither spreadsheets nor Temporal.
const showing = () => import('./inspectionShow.js');
const evaluating = () => import('./inspectionEvaluate.js');
const results = () => import('./inspectionResult.js');
const sheets = () => import('./inspectionSheet.js');
const evidence = () => import('./inspectionEvidence.js');
const linking = () => import('./inspectionLink.js');

export function inspectionCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  const unit = app.t('the unit, e.g. R2020/c1, or c1', '対象。例: R2020/c1、または c1');
  const file = app.t('CSV or XLSX file', 'CSV または XLSX ファイル');

  group.addCommand(
    app
      .command('show', {
        en: 'how a unit stands, with the thread of each item',
        ja: '対象の状況と、項目ごとのやり取りを表示する',
      })
      .argument('<unit>', unit)
      .option('--item <item>', app.t('only this item', 'この項目のみ'))
      .action((name, flags) =>
        app.run(flags, async (context) => (await showing()).showInspection(context, name, flags.item)),
      ),
  );
  group.addCommand(
    app
      .command('evaluate', {
        en: 'propose results for all answered items; a second evaluator confirms them',
        ja: '回答済みの全項目の結果を提案する（二人目の評価者が確認）',
      })
      .argument('<unit>', unit)
      .option('--file <file>', app.t('results as JSON, CSV or XLSX', '結果の JSON・CSV・XLSX ファイル'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.dryRun('show what would be proposed', '内容だけを表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await evaluating()).evaluate(context, name, flags))),
  );
  group.addCommand(
    app
      .command('commit', {
        en: 'enter the day by which the unit promises to mend what failed',
        ja: '不充足の項目について、対応を約束した期日を登録する',
      })
      .argument('<unit>', unit)
      .option('--due <day>', app.t('a day or a word, e.g. 12月中', '日付または言葉。例: 12月中'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show the day, and the last bank day', '期日と最終の銀行営業日を表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await results()).commit(context, name, flags))),
  );
  group.addCommand(
    app
      .command('accept-risk', {
        en: 'propose that failing items may stand until a day; a second person accepts it too',
        ja: '不充足の項目を期日まで受容する提案（二人目の承認が必要）',
      })
      .argument('<unit>', unit)
      .option('--items <ids>', app.t('failing items, separated by commas', '不充足の項目（カンマ区切り）'), list)
      .option('--until <day>', app.t('the last day, e.g. 2020-12-31', '受容する最後の日。例: 2020-12-31'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be accepted', '内容だけを表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await results()).acceptRisk(context, name, flags))),
  );
  group.addCommand(
    app
      .command('reopen', {
        en: 'take a result back; only the second line',
        ja: '出ている結果を取り消して再評価する（リスク管理・コンプライアンスのみ）',
      })
      .argument('<unit>', unit)
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.input('the whole input', '入力全体'))
      .addOption(common.dryRun('show what would be reopened', '内容だけを表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await results()).reopen(context, name, flags))),
  );
  group.addCommand(
    app
      .command('export', {
        en: 'the questions of a unit as a sheet to fill in, or its answers as one to evaluate',
        ja: '対象への質問を記入用の表に、または回答を評価用の表に書き出す',
      })
      .argument('<unit>', unit)
      .option('--out <file>', file)
      .addOption(
        new Option('--format <format>', app.t('unless the file says it', 'ファイル名で分かる場合は不要')).choices([
          'xlsx',
          'csv',
        ] as const),
      )
      .addOption(
        new Option('--for <purpose>', app.t('what the sheet is for', '表の用途（answers 回答、evaluation 評価）'))
          .choices(['answers', 'evaluation'] as const)
          .default('answers' as const),
      )
      .action((name, flags) =>
        app.run(flags, async (context) => (await sheets()).exportSheet(context, name, flags, app.languageOf(flags))),
      ),
  );
  group.addCommand(
    app
      .command('import', {
        en: 'send the answers of a filled sheet: all of them, or none',
        ja: '記入済みの表の回答を取り込む（すべて、または何も取り込まない）',
      })
      .argument('<unit>', unit)
      .argument('<file>', file)
      .option('--by <contact>', app.t('who answered, for the unit', '回答した担当者'))
      .option(
        '--submission <id>',
        app.t('id of the submission; by its content unless given', '回答のID（省略時は内容から）'),
      )
      .option(
        '--files <folder>',
        app.t('the folder with the files that the sheet names', '表に名前のあるファイルのフォルダー'),
      )
      .addOption(common.dryRun('show what would be sent', '取り込む内容を表示する'))
      .action((name, sheet, flags) =>
        app.run(flags, async (context) => (await sheets()).importSheet(context, name, sheet, flags)),
      ),
  );
  group.addCommand(
    app
      .command('evidence', {
        en: 'write the attached files to a folder, under names of ours; none is opened',
        ja: '添付ファイルを、こちらで付けた名前でフォルダーに書き出す（開かない）',
      })
      .argument('<unit>', unit)
      .option('--item <item>', app.t('only files of this item', 'この項目のファイルのみ'))
      .option('--out <folder>', app.t('the folder; nothing in it is written over', '出力先（上書きはしない）'))
      .action((name, flags) =>
        app.run(flags, async (context) => (await evidence()).writeEvidence(context, name, flags)),
      ),
  );

  const links = app.group('link', {
    en: 'secret links to the answer page: list, issue, revoke',
    ja: '回答ページの秘密のリンク: 一覧 list、発行 issue、失効 revoke',
  });
  links.addCommand(
    app
      .command('list', { en: 'links of a unit, never the secret itself', ja: 'リンクの一覧（秘密の部分は表示しない）' })
      .argument('<unit>', unit)
      .action((name, flags) => app.run(flags, async (context) => (await linking()).listLinks(context, name))),
  );
  links.addCommand(
    app
      .command('issue', {
        en: 'a further link, shown once, to be handed over in another way than by our mail',
        ja: 'リンクを追加で発行して一度だけ表示する（メール以外で渡す場合）',
      })
      .argument('<unit>', unit)
      .option('--contact <mail>', app.t('for whom; the unit’s contact unless given', '渡す相手（省略時は対象の窓口）'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.dryRun('show what would be issued', '内容だけを表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await linking()).issueLink(context, name, flags))),
  );
  links.addCommand(
    app
      .command('revoke', { en: 'take links back at once', ja: 'リンクを直ちに失効させる' })
      .argument('<unit>', unit)
      .option('--id <id>', app.t('only this one; all of the unit unless given', 'このリンクのみ（省略時はすべて）'))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.dryRun('show which', '対象だけを表示する'))
      .action((name, flags) => app.run(flags, async (context) => (await linking()).revokeLinks(context, name, flags))),
  );
  group.addCommand(links);
  return group;
}
