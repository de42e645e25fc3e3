import { predictEnd } from '../activities/inspectionRound.js';
import { isRunning, type Prediction, type RoundResult, type RoundState } from '../domain/inspectionRound.js';
import { roundId } from '../domain/ids.js';
import { localDate, localText } from '../domain/instant.js';
import { marksOf } from '../domain/roundReport.js';
import type { Language } from '../domain/sentence.js';
import { readReport, reportsOf } from '../store/roundReports.js';
import { readRound, readRounds } from '../store/rounds.js';
import type { Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { questionsOf, readJob, waiting } from './jobs.js';
import { local } from './output.js';
import { noRound, roundOf } from './roundAt.js';
import { deadlinesOf, showCommitments, showDeadlines, showIncomplete, showResults, targetLines } from './roundTable.js';
import { showWaiting } from './suspendStatus.js';

/** How a round stands by the register alone; without a name the only one, or all that there are. */
export async function roundStatus(context: Context, text: string | undefined): Promise<Result> {
  const db = await context.register();
  if (text !== undefined) return oneRound(context, roundOf(text));
  const rounds = await context.asking(readRounds(db));
  if (rounds.length === 1) return oneRound(context, rounds[0]!.round);
  return {
    data: { rounds },
    page: (page) => {
      page.heading(page.t({ en: `Inspection rounds (${rounds.length})`, ja: `点検（${rounds.length}件）` }));
      if (rounds.length === 0)
        return page.text(
          page.t({
            en: 'None. Plan one with "hikeshi round plan".',
            ja: 'ありません。hikeshi round plan で計画できます。',
          }),
          2,
        );
      page.table(
        [
          page.t({ en: 'round', ja: '点検' }),
          page.t({ en: 'stage', ja: '段階' }),
          page.t({ en: 'inspected', ja: '結果あり' }),
          page.t({ en: 'target', ja: '完了目標' }),
          page.t({ en: 'predicted', ja: '見込み' }),
        ],
        rounds.map(({ round, phase, units, inspected, target, predictedEnd = '-' }) => [
          page.paint(round, 'bold'),
          phase,
          `${inspected} / ${units}`,
          target,
          predictedEnd,
        ]),
      );
      page.code('npx hikeshi round status ROUND', 2);
    },
  };
}

/** When a round ends by what is due now; undefined for one that does not run, or has every result. */
export async function predictionOf(
  context: Context,
  { round, phase, complete, target, asOf: at }: RoundResult,
): Promise<Prediction | undefined> {
  if (complete || !isRunning({ phase: phase as RoundState['phase'] })) return undefined;
  return context.asking(predictEnd({ store: context.store() }, { round, target: target.date, at }));
}

async function oneRound(context: Context, round: string): Promise<Result> {
  const db = await context.register();
  const [{ mode, at }, zone, { documents }] = await Promise.all([
    context.asking(modeOf(db, context.now())),
    context.zone(),
    context.documents(),
  ]);
  const workflowId = roundId(round);
  const [result, reports] = await context.asking(
    Promise.all([readRound(db, documents.providers, { round, at, zone }), reportsOf(db, round, zone)]),
  );
  if (!result) throw await noRound(db, round);
  const job = await context.asking(readJob(db, workflowId));
  const prediction = await predictionOf(context, result);
  const last = reports.find(({ release }) => release.kind === 'published');
  const released =
    last?.release.kind === 'published'
      ? { on: last.release.on, complete: (await context.asking(readReport(db, round, last.digest)))!.complete }
      : undefined;
  const waitsFor = questionsOf(job.of).map((question) =>
    waiting(job, question, documents, at, context.link(workflowId)),
  );
  const deadlines = deadlinesOf(result, zone);
  return {
    data: { at, mode, zone: zone.name, result, prediction, deadlines, reports, waitsFor },
    page: (page) => {
      const units = result.groups.flatMap((group) => group.units).length;
      const drill = mode === 'drill' ? `${page.paint(' 再現・訓練 DRILL ', 'inverse', 'bold', 'yellow')}  ` : '';
      page.raw(`${drill}${page.paint(round, 'bold')}   ${result.phase}   ${localText(at, zone)}`);
      page.text(page.t(result.title));
      const target = { day: localDate(at, zone), predicted: prediction?.date, released };
      for (const line of targetLines(result, target)) page.text(page.t(line));
      page.text(
        page.t({
          en: `${units - result.incomplete.length} of ${units} units have a result.`,
          ja: `${units} 先のうち ${units - result.incomplete.length} 先の結果が出ています。`,
        }),
        0,
        result.complete ? 'green' : 'yellow',
      );
      if (prediction && prediction.slipDays > 0)
        page.text(
          `${page.t({ en: 'The last ones would be', ja: '最後になる見込みの先' })}: ${prediction.by.slice(0, 12).join(', ')}`,
          0,
          'yellow',
        );
      showResults(page, result);
      showIncomplete(page, result, at, zone);
      showDeadlines(page, deadlines, at, zone);
      showCommitments(page, result);
      if (reports.length > 0) page.heading(page.t({ en: 'REPORTS', ja: '報告' }));
      for (const { digest, madeAt, release } of reports) {
        page.raw(
          `  ${digest}   ${
            release.kind === 'published'
              ? page.paint(page.t({ en: `published ${release.on}`, ja: `公表 ${release.on}` }), 'green')
              : page.t({ en: `proposed ${local(madeAt, zone)}`, ja: `公表案 ${local(madeAt, zone)}` })
          }`,
        );
        const marks = (lang: Language) =>
          marksOf({ lang, drill: false, release })
            .map(({ note }) => note)
            .join(' ');
        if (release.outdated) page.text(page.t({ en: marks('en'), ja: marks('ja') }), 4, 'dim');
      }
      for (const question of waitsFor) showWaiting(page, question, at, zone);
    },
  };
}
