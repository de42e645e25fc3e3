import type { Client } from '@temporalio/client';
import type { Selectable } from 'kysely';
import { containmentQuestions, type ContainmentState } from '../domain/containment.js';
import type { Question, Vote } from '../domain/decision.js';
import { evaluationQuestions, type EvaluationState } from '../domain/evaluation.js';
import { gapReviewQuestions, type GapReviewState } from '../domain/gapReview.js';
import { improvementQuestions, type ImprovementState } from '../domain/improvement.js';
import { roundQuestions, type RoundState } from '../domain/inspectionRound.js';
import type { Instant } from '../domain/instant.js';
import { inspectionQuestions, type InspectionState } from '../domain/providerInspection.js';
import { Refusal } from '../domain/refusal.js';
import { authorise, type Authority, type DecisionTable, type Roster } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { SuspensionState } from '../domain/suspension.js';
import { suspensionQuestions } from '../domain/suspension.js';
import { standingOf as containmentStanding } from '../domain/wording/containment.js';
import { evaluationStanding } from '../domain/wording/evaluation.js';
import { gapReviewSays } from '../domain/wording/gapReview.js';
import { improvementSays } from '../domain/wording/improvement.js';
import { roundStanding } from '../domain/wording/inspectionRound.js';
import { inspectionStanding } from '../domain/wording/providerInspection.js';
import { standingOf as suspensionStanding } from '../domain/wording/suspension.js';
import type { AllDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';
import type { Register } from '../store/schema.js';
import { shellWord } from './output.js';

interface States {
  readonly suspension: SuspensionState;
  readonly containment: ContainmentState;
  readonly inspectionRound: RoundState;
  readonly providerInspection: InspectionState;
  readonly evaluation: EvaluationState;
  readonly improvement: ImprovementState;
  readonly gapReview: GapReviewState;
}
type Kind = keyof States;

/** A workflow's saved state with its kind. */
export type JobState = { [K in Kind]: { readonly job: K; readonly state: States[K] } }[Kind];

interface Rules<S> {
  /** Where it stands, in a sentence. */
  standing(state: S): Sentence;
  questions(state: S): Question[];
  votes(state: S): readonly Vote[];
  /** Who may not decide, as the workflow itself says. */
  bars(state: S, subject: string): Pick<Authority, 'proposer' | 'failedControl' | 'unitOwner'>;
}

/** What each kind of job asks of people: the same as its workflow. */
const KINDS: { [K in Kind]: Rules<States[K]> } = {
  suspension: {
    standing: suspensionStanding,
    questions: suspensionQuestions,
    votes: ({ votes }) => votes,
    bars: ({ proposal, lift, failedControl }, subject) => ({
      proposer: subject === 'lift' ? lift?.by : proposal.by,
      failedControl,
    }),
  },
  containment: {
    standing: containmentStanding,
    questions: containmentQuestions,
    votes: ({ votes }) => votes ?? [],
    bars: ({ failedControl }) => ({ failedControl }),
  },
  inspectionRound: {
    standing: roundStanding,
    questions: roundQuestions,
    votes: ({ votes }) => votes,
    bars: ({ by, proposed }, subject) => ({ proposer: subject === 'report' ? proposed?.by : by }),
  },
  providerInspection: {
    standing: inspectionStanding,
    questions: inspectionQuestions,
    votes: ({ votes }) => votes,
    bars: ({ by, proposed, owner }, subject) => ({
      proposer: subject === 'evaluation' ? proposed?.by : subject === 'notApplicable' ? by : undefined,
      unitOwner: owner,
    }),
  },
  evaluation: {
    standing: evaluationStanding,
    questions: evaluationQuestions,
    votes: ({ votes }) => votes,
    bars: ({ by }, subject) => ({ proposer: subject === 'contradiction' ? undefined : by }),
  },
  improvement: {
    standing: improvementSays,
    questions: improvementQuestions,
    votes: ({ votes }) => votes,
    bars: ({ dropping }, subject) => ({ proposer: subject === 'drop' ? dropping?.by : undefined }),
  },
  gapReview: {
    standing: gapReviewSays,
    questions: gapReviewQuestions,
    votes: ({ votes }) => votes,
    bars: () => ({}),
  },
};

/** Kind and state always come as a pair, which the compiler cannot follow through the table. */
const rulesOf = ({ job }: JobState) => KINDS[job] as Rules<JobState['state']>;

export interface OpenJob {
  readonly workflowId: string;
  readonly incident: string;
  readonly stage: string;
  readonly closed: boolean;
  readonly updatedAt: Instant;
  readonly of: JobState;
}

/** Jobs that stop functions, or decide whether to. */
const MEASURES = ['suspension', 'containment'] as const;

export interface JobFilter {
  /** Closed ones too. */
  readonly closed?: boolean;
  /** Jobs of every other kind too, as far as they wait for a decision. */
  readonly waiting?: boolean;
}

/** Suspensions and containments of the register, open ones first. */
export async function readJobs(db: Db, { closed = false, waiting: all = false }: JobFilter = {}): Promise<OpenJob[]> {
  let query = db
    .selectFrom('job')
    .selectAll()
    .where((eb) => {
      const measures = eb('job', 'in', [...MEASURES]);
      const others = eb.and([eb('job', 'in', Object.keys(KINDS)), eb('needs_human', '=', true)]);
      return all ? eb.or([measures, others]) : measures;
    });
  if (!closed) query = query.where('closed', '=', false);
  return (await query.orderBy('closed').orderBy('workflow_id').execute()).map(toJob);
}

function toJob(row: Selectable<Register['job']>): OpenJob {
  return {
    workflowId: row.workflow_id,
    incident: row.incident,
    stage: row.stage,
    closed: row.closed,
    updatedAt: row.updated_at,
    of: { job: row.job, state: row.state } as unknown as JobState,
  };
}

/** The jobs of these ids, as far as the register knows them. */
export async function jobsUnder(db: Db, ids: readonly string[]): Promise<OpenJob[]> {
  if (ids.length === 0) return [];
  return (await db.selectFrom('job').selectAll().where('workflow_id', 'in', ids).execute()).map(toJob);
}

/** One job as the register knows it. @throws Refusal for an id that it does not know */
export async function readJob(db: Db, workflowId: string): Promise<OpenJob> {
  const row = await db.selectFrom('job').selectAll().where('workflow_id', '=', workflowId).executeTakeFirst();
  if (row && Object.hasOwn(KINDS, row.job)) return toJob(row);
  const kind = workflowId.split('/')[0]!;
  const jobs = await db
    .selectFrom('job')
    .select('workflow_id')
    .where('closed', '=', false)
    .where('job', 'in', Object.hasOwn(KINDS, kind) ? [kind] : [...MEASURES])
    .orderBy('workflow_id')
    .limit(SUGGESTED)
    .execute();
  const open = jobs.map((job) => job.workflow_id);
  throw new Refusal({
    en: `The register knows no ${workflowId}. ${open.length > 0 ? `Open now: ${open.join(', ')}.` : 'Nothing is open now.'}`,
    ja: `台帳に ${workflowId} はありません。${open.length > 0 ? `現在継続中: ${open.join('、')}。` : '現在継続中のものはありません。'}`,
  });
}

/** Ids that a refusal names. */
const SUGGESTED = 40;

/** Asks the running workflow itself: for when the register is down. */
export async function askRun(client: Client, workflowId: string): Promise<JobState> {
  const state = await client.withDeadline(Date.now() + 3_000, () =>
    client.workflow.getHandle(workflowId).query<JobState['state'] | undefined>('standing'),
  );
  return { job: workflowId.split('/')[0]!, state } as JobState;
}

export const standingOf = (of: JobState): Sentence => rulesOf(of).standing(of.state);

export function questionsOf(of: JobState): Question[] {
  return rulesOf(of).questions(of.state);
}

/** People who may decide a question now, by verdict and by the same rules as the workflow's. */
export function mayDecide(documents: AllDocuments, of: JobState, question: Question, at: Instant): MayDecide {
  const people = documents.roster.people.map(({ id }) => id);
  return Object.fromEntries(
    question.verdicts.map((verdict) => [
      verdict,
      people.filter((id) => refusalFor(documents, of, question, id, at, verdict) === undefined),
    ]),
  );
}

export type MayDecide = Readonly<Record<string, readonly string[]>>;

/** Why a person may not decide it so; `undefined` when he may. */
export function refusalFor(
  { roster, decisions }: { roster: Roster; decisions: DecisionTable },
  of: JobState,
  question: Question,
  by: string,
  at: Instant,
  verdict: string,
): Refusal | undefined {
  try {
    authorise(roster, decisions, {
      rule: question.rule,
      verdict,
      by,
      at,
      votes: votesFor(of, question, verdict),
      ...rulesOf(of).bars(of.state, question.subject),
    });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function votesFor(of: JobState, { subject, digest }: Question, verdict: string): Vote[] {
  const votes = rulesOf(of).votes(of.state);
  return votes.filter((vote) => vote.subject === subject && vote.verdict === verdict && vote.digest === digest);
}

/** A decision that waits, in every form that helps to take it. */
export interface Waiting {
  readonly workflowId: string;
  readonly incident: string;
  readonly subject: string;
  readonly verdicts: readonly string[];
  readonly digest: string;
  readonly due?: Instant;
  readonly asks: Question['asks'];
  readonly otherwise: Question['otherwise'];
  readonly alone?: true;
  readonly mayDecide: MayDecide;
  readonly command: string;
  /** Input of the update `decide`, for the Web UI. */
  readonly json: object;
  readonly link: string;
}

/** On a screen, where many units of a round are one question: each has a JSON of its own, and the one has none. */
export type Shown = Omit<Waiting, 'json'> & Partial<Pick<Waiting, 'json'>>;

export function waiting(
  job: Pick<OpenJob, 'workflowId' | 'incident' | 'of'>,
  question: Question,
  documents: AllDocuments | undefined,
  at: Instant,
  link: string,
): Waiting {
  const { subject, verdicts, digest, due, asks, otherwise, alone } = question;
  return {
    workflowId: job.workflowId,
    incident: job.incident,
    subject,
    verdicts,
    digest,
    ...(due && { due }),
    asks,
    otherwise,
    ...(alone && { alone }),
    mayDecide: documents ? mayDecide(documents, job.of, question, at) : {},
    command: decideCommand(job.workflowId, subject, verdicts, digest),
    json: decideJson(subject, verdicts, digest),
    link,
  };
}

/** The ready JSON of a decision, with the places that a person fills in. */
export const decideJson = (subject: string, verdicts: readonly string[], digest: string) => ({
  v: 1,
  subject,
  verdict: verdicts[0],
  by: '<your id>',
  reason: '<why>',
  digest,
});

/**
 * The command line of a decision. A person fills in the capitals and leaves one of the verdicts; as it stands it is refused,
 * so that nobody decides by copying.
 */
export function decideCommand(
  workflowId: string,
  subject: string,
  verdicts: readonly string[],
  digest: string,
): string {
  return `npx hikeshi decide ${shellWord(workflowId)} --subject ${shellWord(subject)} --verdict ${shellWord(verdicts.join('|'))} --by YOUR-ID --reason WHY --digest ${digest}`;
}
