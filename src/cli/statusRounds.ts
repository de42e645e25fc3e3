import type { EvaluationState } from '../domain/evaluation.js';
import { opinionOwed } from '../domain/evaluation.js';
import { endOfLocalDay } from '../domain/deadline/localTime.js';
import { inspectionId } from '../domain/ids.js';
import { againstTarget, type RoundResult } from '../domain/inspectionRound.js';
import { localDate, type Instant, type Zone } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import { targetText } from '../domain/wording/roundReport.js';
import type { AllDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';
import { notApplicableReviews } from '../store/reviews.js';
import { readRound } from '../store/rounds.js';
import type { Context } from './context.js';
import { shellWord, type Page } from './output.js';
import { predictionOf } from './roundStatus.js';
import { deadlinesOf, deadlineText, shortDay } from './roundTable.js';

/** An open round in one line. */
export interface RoundLine {
  readonly round: string;
  readonly phase: string;
  readonly units: number;
  /** Units with a result. */
  readonly done: number;
  /** Units whose answer is late. */
  readonly overdue: number;
  /** `YYYY-MM-DD`. */
  readonly target: string;
  /** `YYYY-MM-DD`; absent while nothing can be predicted. */
  readonly predictedEnd?: string;
  /** `YYYY-MM-DD` of the last report that was released. */
  readonly published?: string;
  readonly standing: Sentence;
  readonly command: string;
}

/** Something that somebody of an inspection is held to. */
export interface InspectionClock {
  readonly at: Instant;
  readonly what: Sentence;
  /** Whose day it is. */
  readonly workflowIds: readonly string[];
}

const ENDED = ['REFUSED', 'CLOSED'];
/** Stages in which an improvement is no more `underWay`. */
const ENDED_IMPROVEMENT = ['IN_FORCE', 'DROPPED'];

/** Open rounds, and every day that the register holds of an inspection, an improvement or an evaluation, in order. */
export async function roundsNow(
  context: Context,
  db: Db,
  providers: AllDocuments['providers'],
  { at, zone }: { readonly at: Instant; readonly zone: Zone },
): Promise<{ lines: RoundLine[]; clocks: InspectionClock[] }> {
  const [rounds, other] = await Promise.all([datedRounds(db), otherClocks(db, zone)]);
  const found = await Promise.all(rounds.map(async (round) => (await readRound(db, providers, { round, at, zone }))!));
  const open = found.filter(({ phase }) => !ENDED.includes(phase));
  return {
    lines: await Promise.all(open.map((result) => lineOf(context, result, zone))),
    clocks: [...found.flatMap((result) => clocksOf(result, zone)), ...other].sort((a, b) => (a.at < b.at ? -1 : 1)),
  };
}

/** Open rounds, and ended ones of which somebody still owes something. */
async function datedRounds(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('round')
    .select('round')
    .where('phase', 'not in', ENDED)
    .union(db.selectFrom('inspection').select('round').where('next_due', 'is not', null))
    .union(
      db
        .selectFrom('improvement')
        .select('round')
        .where('date', 'is not', null)
        .where('stage', 'not in', ENDED_IMPROVEMENT),
    )
    .orderBy('round')
    .execute();
  return rows.map(({ round }) => round);
}

async function lineOf(context: Context, result: RoundResult, zone: Zone): Promise<RoundLine> {
  const { round, phase, asOf, published, incomplete, target } = result;
  const units = result.groups.flatMap((group) => group.units);
  const prediction = await predictionOf(context, result);
  const ahead = { ...result, ...(prediction && { predictedEnd: prediction.date }) };
  return {
    round,
    phase,
    units: units.length,
    done: units.length - incomplete.length,
    overdue: units.filter(({ overdueDays = 0 }) => overdueDays > 0).length,
    target: target.date,
    ...(prediction && { predictedEnd: prediction.date }),
    ...(published !== undefined && { published }),
    standing:
      published === undefined
        ? targetText(againstTarget(ahead, localDate(asOf, zone)))
        : { en: `published ${published}`, ja: `公表 ${published}` },
    command: `npx hikeshi round status ${shellWord(round)}`,
  };
}

function clocksOf(result: RoundResult, zone: Zone): InspectionClock[] {
  return deadlinesOf(result, zone).map((deadline) => {
    const what = deadlineText(deadline);
    return {
      at: deadline.at,
      what: { en: `${result.round} ${what.en}`, ja: `${result.round} ${what.ja}` },
      workflowIds: deadline.units.map((unit) => inspectionId(result.round, unit)),
    };
  });
}

/** Days that stand beside the units: of the third-party evaluation, of accepted risks, and of what does not apply. */
async function otherClocks(db: Db, zone: Zone): Promise<InspectionClock[]> {
  const [evaluations, risks, reviews] = await Promise.all([
    db.selectFrom('job').select('state').where('job', '=', 'evaluation').where('closed', '=', false).execute(),
    db.selectFrom('risk_acceptance').select(['workflow_id', 'unit', 'until']).where('ended', 'is', null).execute(),
    notApplicableReviews(db),
  ]);
  return [
    ...evaluations.flatMap(({ state }): InspectionClock[] => {
      const evaluation = state as unknown as EvaluationState;
      const { id, incident, watched } = evaluation;
      return opinionOwed(evaluation)
        ? [{ at: watched.due.at, what: named(incident, 'third-party evaluation', '第三者評価'), workflowIds: [id] }]
        : [];
    }),
    ...risks.map(({ workflow_id: id, unit, until }) => ({
      at: until,
      what: named(unit, 'end of the accepted risk', 'リスク受容の期限'),
      workflowIds: [id],
    })),
    ...reviews.map(({ inspection, unit, review }) => ({
      at: endOfLocalDay(review, zone),
      what: named(unit, 'review of "not applicable"', '「該当なし」の見直し'),
      workflowIds: [inspection],
    })),
  ];
}

const named = (name: string, en: string, ja: string): Sentence => ({ en: `${name} ${en}`, ja: `${name} ${ja}` });

/** Two lines a round: how far it is, and the command that shows more. */
export function showRounds(page: Page, lines: readonly RoundLine[]): void {
  if (lines.length === 0) return;
  page.heading(page.t({ en: `INSPECTION ROUNDS (${lines.length})`, ja: `点検（${lines.length}件）` }));
  for (const { round, phase, units, done, overdue, target, standing, command } of lines) {
    const late = page.t({ en: `${overdue} overdue`, ja: `期限超過 ${overdue}先` });
    const day = shortDay(target);
    page.text(
      [
        `${page.paint(round, 'bold')}   ${phase}`,
        page.t({ en: `${done} of ${units} done`, ja: `${units}先中 ${done}先完了` }),
        ...(overdue > 0 ? [page.paint(late, 'red')] : []),
        page.t({ en: `target ${day.en}: ${standing.en}`, ja: `完了目標 ${day.ja}: ${standing.ja}` }),
      ].join('   '),
      2,
    );
    page.code(command);
  }
}
