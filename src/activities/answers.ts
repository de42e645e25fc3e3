import { NobodyListens, type AnswerChannel, type Answers, type AnswersSignaller } from '../domain/answers.js';
import type { Instant } from '../domain/instant.js';
import { requireFitting, type Questionnaire } from '../domain/questionnaire.js';
import { Refusal } from '../domain/refusal.js';
import { evidenceOf } from '../store/evidence.js';
import type { Db } from '../store/open.js';
import { questionnairesIn } from '../store/questionnaires.js';
import {
  hearAgain,
  keepSubmission,
  markTaken,
  markUnheard,
  untakenSubmissions,
  type Receipt,
} from '../store/submissions.js';
import { forward, type Forwarded, type Telling } from './forward.js';

export interface AnswersDeps {
  readonly db: Db;
  readonly signaller: AnswersSignaller;
  /** The wall clock live, the runner's instant in a drill. */
  now(): Instant;
}

/** A person waits for the receipt, which is true without the workflow. */
const SIGNAL_PATIENCE_MS = 3_000;

export interface TakeOptions {
  /** The access link by which they came. */
  readonly link?: string;
  /** The versions of the drafts that are submitted. */
  readonly versions?: ReadonlyMap<string, number>;
}

/**
 * The one way in for answers, whatever way they came: kept first, then the inspection's workflow is told. When it cannot
 * be told now, the receipt is as true, and `forwardSubmissions` tells it later.
 * @throws Refusal for an unknown inspection, item or file; SubmissionTaken for an id with other content
 */
export async function takeAnswers(
  deps: AnswersDeps,
  answers: Answers,
  channel: AnswerChannel,
  options: TakeOptions = {},
): Promise<Receipt> {
  const { db } = deps;
  const questionnaire = await requireAsked(db, answers.inspection);
  requireFitting(questionnaire, answers, new Set((await evidenceOf(db, answers.inspection)).keys()));
  const receipt = await keepSubmission(db, {
    answers,
    channel,
    late: !questionnaire.open,
    at: deps.now(),
    ...options,
  });
  await tell(deps, { submission: receipt.submission, inspection: receipt.inspection });
  return receipt;
}

/** What an inspection asks now. @throws Refusal for one that asks nothing, or that does not exist */
export async function requireAsked(db: Db, inspection: string): Promise<Questionnaire> {
  const questionnaire = await questionnairesIn(db).of(inspection);
  if (questionnaire) return questionnaire;
  throw new Refusal({
    en: 'The field "inspection" names an inspection that asks nothing now. Take the id from the bank\'s request.',
    ja: '「inspection」の点検は、現在質問を出していません。銀行からの依頼にあるIDを使ってください。',
  });
}

/**
 * Tells the workflows of submissions that they were not told of, oldest first. Harmless at any time.
 * @param startedAnew an inspection that runs again: it is told of what came while nobody listened, too
 * @returns how many were told, and the inspections whose workflow nobody finds: a person has to look
 */
export async function forwardSubmissions(
  deps: AnswersDeps,
  startedAnew?: string,
): Promise<Forwarded & { readonly unheard: readonly string[] }> {
  if (startedAnew !== undefined) await hearAgain(deps.db, startedAnew);
  const forwarded = await forward(await untakenSubmissions(deps.db, 'not-yet'), (each) => tell(deps, each));
  const unheard = await untakenSubmissions(deps.db, 'never');
  return { ...forwarded, unheard: [...new Set(unheard.map(({ inspection }) => inspection))] };
}

async function tell(
  { db, signaller, now }: AnswersDeps,
  { submission, inspection }: { readonly submission: string; readonly inspection: string },
): Promise<Telling> {
  const { taken_at: taken } = await db
    .selectFrom('submission')
    .select('taken_at')
    .where('id', '=', submission)
    .executeTakeFirstOrThrow();
  if (taken) return 'told';
  try {
    await inTime(signaller.answersGiven(inspection, { v: 1, submission }));
  } catch (error) {
    // Kept already: whatever hinders the signal now, the row waits.
    if (!(error instanceof NobodyListens)) return 'later';
    await markUnheard(db, submission, now());
    return 'nobody';
  }
  await markTaken(db, submission, now());
  return 'told';
}

async function inTime(signalled: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('not told in time')), SIGNAL_PATIENCE_MS);
  });
  try {
    await Promise.race([signalled, late]);
  } finally {
    clearTimeout(timer);
    signalled.catch(() => undefined);
  }
}
