import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { takeAnswers } from '../activities/answers.js';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import { readSheet, writeSheet, type SheetFormat } from '../connectors/spreadsheet/index.js';
import { AnswersSchema, CLAIM_WORDS } from '../domain/answers.js';
import { answersOfSheet, filesNamed, questionsTable, readAnswersTable } from '../domain/answersSheet.js';
import { draftOf, unkeepable } from '../domain/draft.js';
import { examples } from '../domain/examples.js';
import { evaluationTable } from '../domain/evaluationSheet.js';
import { parseInput } from '../domain/input.js';
import { canonicalJson } from '../domain/json.js';
import { Refusal } from '../domain/refusal.js';
import type { Language } from '../domain/sentence.js';
import { sheetRefusal, type CellProblem } from '../domain/table.js';
import type { InspectionState } from '../domain/providerInspection.js';
import { draftsOf } from '../store/drafts.js';
import { evidenceOf, storeAllEvidence } from '../store/evidence.js';
import type { Db } from '../store/open.js';
import { questionnairesIn } from '../store/questionnaires.js';
import type { OutputOptions, Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { filesIn, refused } from './evidenceFiles.js';
import { notAsked } from './inspectionAt.js';
import { readJob } from './jobs.js';
import { local, oneLine } from './output.js';
import { inspectionOf } from './roundAt.js';
import { write } from './roundReport.js';
import { dryRunHeading } from './send.js';

export interface ExportFlags extends OutputOptions {
  readonly out?: string | undefined;
  readonly format?: SheetFormat | undefined;
  readonly for: 'answers' | 'evaluation';
}

async function asked(context: Context, name: string) {
  const db = await context.register();
  const workflowId = await context.asking(inspectionOf(db, name));
  const questionnaire = await context.asking(questionnairesIn(db).of(workflowId));
  if (!questionnaire) throw new Refusal(notAsked(workflowId));
  return { db, workflowId, questionnaire };
}

/** The same sheet as the answer page gives, with what was written so far; or the one for evaluators. */
export async function exportSheet(context: Context, name: string, flags: ExportFlags, lang: Language): Promise<Result> {
  const { db, workflowId, questionnaire } = await asked(context, name);
  const suffix = flags.for === 'evaluation' ? 'evaluation' : lang;
  const format = flags.format ?? (/\.csv$/i.test(flags.out ?? '') ? 'csv' : 'xlsx');
  const out = flags.out ?? `${workflowId.split('/').slice(1).join('-')}-${suffix}.${format}`;
  const drafts = await context.asking(draftsOf(db, workflowId));
  const table =
    flags.for === 'evaluation'
      ? evaluationTable(questionnaire, {
          files: await context.asking(evidenceOf(db, workflowId)),
          submission: await lastTaken(context, db, workflowId),
          lang,
        })
      : questionsTable(questionnaire, lang, (item) => drafts.get(item.item) ?? { value: draftOf(item), version: 0 });
  await write(out, await writeSheet(table, format, { sheet: workflowId.split('/').slice(1).join('-').slice(0, 31) }));
  return {
    data: { workflowId, out, format, for: flags.for, items: table.rows.length },
    page: (page) =>
      page.text(
        page.t({
          en: `${table.rows.length} items are written to ${out}.`,
          ja: `${table.rows.length} 項目を ${out} に書き出しました。`,
        }),
      ),
  };
}

/** The last submission that the inspection took: what an evaluator looks at. */
async function lastTaken(context: Context, db: Db, workflowId: string): Promise<string | undefined> {
  const job = await context.asking(readJob(db, workflowId));
  return (job.of.state as InspectionState).submissions.at(-1);
}

export interface ImportFlags extends OutputOptions {
  readonly by?: string | undefined;
  readonly submission?: string | undefined;
  /** The folder with the files that the sheet names. */
  readonly files?: string | undefined;
  readonly dryRun?: true | undefined;
}

/**
 * Sends a filled sheet as the provider's answers, by the same way as the page and the webhook: every mistake is named by
 * row and column, and then nothing is kept. Files that were attached before stay with their items; those that a row names
 * come to them.
 */
export async function importSheet(context: Context, name: string, file: string, flags: ImportFlags): Promise<Result> {
  const { db, workflowId, questionnaire } = await asked(context, name);
  requireFlags({ by: flags.by }, `npx hikeshi inspection import ${name} ${file} --by 'Contact of the unit'`);
  const table = await readSheet(await readBytes(file));
  const given = await filesIn(flags.files, filesNamed(table));
  const read = readAnswersTable(questionnaire, table, given);
  if ('problems' in read) throw sheetRefusal(read.problems);
  const drafts = await context.asking(draftsOf(db, workflowId));
  const stale = read.answers.flatMap(({ line, item, base }): CellProblem[] =>
    base !== undefined && base < (drafts.get(item)?.version ?? 0) ? [{ line, problem: CHANGED_SINCE }] : [],
  );
  const items = new Map(questionnaire.items.map((item) => [item.item, item]));
  const attached = (item: string) => (drafts.get(item)?.value ?? draftOf(items.get(item))).evidence;
  const of = (submission: string) =>
    answersOfSheet(read.answers, { inspection: workflowId, by: flags.by!, submission }, attached);
  // The same sheet of the same person is the same submission, however often it is imported.
  const content = createHash('sha256')
    .update(canonicalJson(of('sheet')))
    .digest('hex');
  const submission = flags.submission ?? `sheet-${content.slice(0, 32)}`;
  const known = await context.asking(
    db.selectFrom('submission').select('id').where('id', '=', submission).executeTakeFirst(),
  );
  const tooMany = read.answers.flatMap(({ line, item, add = [] }) =>
    unkeepable({ text: '', evidence: [...new Set([...attached(item), ...add])] }).map(
      ({ sentence: problem }): CellProblem => ({ line, problem }),
    ),
  );
  const problems = [...(known ? [] : stale), ...tooMany];
  if (problems.length > 0) throw sheetRefusal(problems);
  const answers = parseInput(AnswersSchema, of(submission), examples.answers);
  const files = [...given.values()].flatMap((each) => (refused(each) ? [] : [each]));
  if (flags.dryRun)
    return {
      data: {
        dryRun: true,
        workflowId,
        answers,
        files: files.map(({ hash, name, content }) => ({ hash, name, size: content.length })),
        open: questionnaire.open,
      },
      page: (page) => {
        dryRunHeading(page);
        page.table(
          [page.t({ en: 'line', ja: '行' }), page.t({ en: 'item', ja: '項目' }), page.t({ en: 'answer', ja: '回答' })],
          read.answers.map(({ line, item, value }) => [String(line), item, page.t(CLAIM_WORDS[value.claim])]),
        );
        for (const { name, content } of files) page.text(`${oneLine(name)}   ${content.length} B`, 2);
        if (!questionnaire.open) page.text(page.t(LATE), 0, 'yellow');
      },
    };
  const { at } = await context.asking(modeOf(db, context.now()));
  // A repeat has its files already, and other content under a known id brings none.
  if (!known && files.length > 0) await storeAllEvidence(db, workflowId, files, at);
  const receipt = await takeAnswers(
    { db, signaller: inspectionSignals(() => context.temporal()), now: () => at },
    answers,
    'sheet',
  );
  const zone = await context.zone();
  return {
    data: { workflowId, receipt },
    page: (page) => {
      page.text(
        page.t({
          en: `${receipt.items} answers of ${workflowId} are taken in as ${receipt.number} (${local(receipt.receivedAt, zone)}).`,
          ja: `${workflowId} の回答 ${receipt.items} 件を ${receipt.number} として取り込みました（${local(receipt.receivedAt, zone)}）。`,
        }),
        0,
        'green',
      );
      if (receipt.late) page.text(page.t(LATE), 0, 'yellow');
    },
  };
}

const CHANGED_SINCE = {
  en: 'somebody changed this answer after the sheet was exported; export it again, and fill in this row anew',
  ja: '表の書き出し後に、この回答は変更されています。もう一度書き出し、この行を記入し直してください',
};

const LATE = {
  en: 'The inspection takes no more answers: they are kept, and marked as late.',
  ja: 'この点検は回答の受け付けを終えています。回答は保管し、期限後として記録します。',
};

/** @throws Refusal for a file that cannot be read */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    throw new Refusal({
      en: `The file ${file} cannot be read (${code}). Name a file that is there.`,
      ja: `ファイル ${file} を読めません（${code}）。存在するファイルを指定してください。`,
    });
  }
}
