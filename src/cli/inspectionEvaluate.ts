import { readSheet } from '../connectors/spreadsheet/index.js';
import { readEvaluationTable } from '../domain/evaluationSheet.js';
import { examples } from '../domain/examples.js';
import { parseInput } from '../domain/input.js';
import {
  functionsAtRisk,
  mandatoryCounts,
  ProposeEvaluationInput,
  proposeEvaluation,
  requireEvidence,
  seenWhenFailed,
} from '../domain/providerInspection.js';
import { Refusal } from '../domain/refusal.js';
import { sheetRefusal } from '../domain/table.js';
import { ITEM_WORDS } from '../domain/wording/inspection.js';
import { readInspection, type KeptInspection } from '../store/inspections.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { mayDo, notAsked } from './inspectionAt.js';
import { readBytes } from './inspectionSheet.js';
import { decideCommand } from './jobs.js';
import type { ActingFlags } from './options.js';
import { inspectionOf } from './roundAt.js';
import { dryRunHeading, sendUpdate } from './send.js';

interface EvaluateFlags extends ActingFlags {
  readonly file?: string | undefined;
}

/** The first of two evaluators: results for all answered items in one proposal. */
export async function evaluate(context: Context, name: string, flags: EvaluateFlags): Promise<Result> {
  const db = await context.register();
  const workflowId = await context.asking(inspectionOf(db, name));
  const usage = `npx hikeshi inspection evaluate ${name} --file evaluation.csv --by evaluator-1 --reason 'All answers and files looked at'`;
  requireFlags({ file: flags.file }, usage);
  const kept = (await context.asking(readInspection(db, workflowId)))!;
  const input = await inputOf(kept, flags, usage);
  if (flags.dryRun) return wouldPropose(context, workflowId, kept, input);
  const { digest } = await sendUpdate<{ digest: string }>(context, workflowId, 'proposeEvaluation', input);
  const confirm = decideCommand(workflowId, 'evaluation', ['confirm', 'return'], digest);
  return {
    data: { workflowId, digest, results: countsOf(input), confirm },
    page: (page) => {
      page.text(
        page.t({
          en: 'The evaluation is proposed. It counts when a second evaluator confirms exactly this.',
          ja: '評価を提案しました。二人目の評価者がこの内容を確認すると確定します。',
        }),
        0,
        'green',
      );
      page.raw(`${page.t({ en: 'digest', ja: '要約値' })} ${page.paint(digest, 'bold')}`);
      page.code(confirm, 2);
    },
  };
}

/** JSON as it is, or a sheet; who says it and why may stand on the command line. */
async function inputOf(kept: KeptInspection, { file, by, reason }: EvaluateFlags, usage: string) {
  const bytes = await readBytes(file!);
  const given = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('{')) {
    let json: object;
    try {
      json = JSON.parse(text) as object;
    } catch {
      throw new Refusal({
        en: `${file} is no valid JSON. Check quotes and commas; examples/proposeEvaluation.json is a right one.`,
        ja: `${file} が正しい JSON ではありません。引用符とカンマを確認してください。正しい例: examples/proposeEvaluation.json`,
      });
    }
    return parseInput(ProposeEvaluationInput, { v: 1, ...json, ...given }, examples.proposeEvaluation);
  }
  if (!kept.questionnaire) throw new Refusal(notAsked(kept.row.workflow_id));
  const read = readEvaluationTable(kept.questionnaire, kept.files, await readSheet(bytes));
  if ('problems' in read) throw sheetRefusal(read.problems);
  requireFlags({ by, reason }, usage);
  return parseInput(ProposeEvaluationInput, { v: 1, ...given, ...read }, examples.proposeEvaluation);
}

/** Everything that the workflow would refuse is refused here too; nothing is kept. */
async function wouldPropose(
  context: Context,
  workflowId: string,
  { given }: KeptInspection,
  input: ProposeEvaluationInput,
): Promise<Result> {
  const { state } = await mayDo(context, workflowId, { rule: 'proposeEvaluation', by: input.by });
  requireEvidence(input, seenWhenFailed(state), given);
  const { items, proposed } = proposeEvaluation(state, input, '-', context.now()).state;
  const judged = Object.entries(proposed!.results).map(([item, result]) => [item, { ...items[item]!, result }]);
  const confirmed = { items: { ...items, ...(Object.fromEntries(judged) as typeof items) } };
  const counts = mandatoryCounts(confirmed);
  const risk = functionsAtRisk(confirmed);
  const results = countsOf(input);
  return {
    data: { dryRun: true, workflowId, update: 'proposeEvaluation', input, results, counts, functionsAtRisk: risk },
    page: (page) => {
      dryRunHeading(page);
      page.table(
        [],
        Object.entries(results).map(([result, n]) => [
          page.t(ITEM_WORDS[result as keyof typeof ITEM_WORDS]),
          String(n),
        ]),
      );
      page.text(
        page.t({
          en: `If a second evaluator confirms it: ${counts.satisfied} of ${counts.mandatory} mandatory items satisfied, ${counts.failing} failing.`,
          ja: `二人目の評価者が確認すると、必須 ${counts.mandatory} 項目のうち充足 ${counts.satisfied}、不充足 ${counts.failing} となります。`,
        }),
      );
      for (const [fn, items] of Object.entries(risk))
        page.text(
          page.t({
            en: `${fn} is then proposed to be stopped, because of ${items.join(', ')}.`,
            ja: `不充足と決まると、${fn} の停止を提案します（${items.join('、')}）。`,
          }),
          2,
          'yellow',
        );
    },
  };
}

function countsOf({ results }: ProposeEvaluationInput): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { result } of results) counts[result] = (counts[result] ?? 0) + 1;
  return counts;
}
