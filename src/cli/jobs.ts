import type { Client } from '@temporalio/client';
import { containmentQuestions, type ContainmentState } from '../domain/containment.js';
import type { Question, Vote } from '../domain/decision.js';
import type { Instant } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { authorise, type DecisionTable, type Roster } from '../domain/roster.js';
import type { SuspensionState } from '../domain/suspension.js';
import { suspensionQuestions } from '../domain/suspension.js';
import type { AllDocuments } from '../store/documents.js';
import type { Db } from '../store/open.js';
import { shellWord } from './output.js';

/** A workflow's saved state with its kind. */
export type JobState =
  | { readonly job: 'suspension'; readonly state: SuspensionState }
  | { readonly job: 'containment'; readonly state: ContainmentState };

export interface OpenJob {
  readonly workflowId: string;
  readonly incident: string;
  readonly stage: string;
  readonly closed: boolean;
  readonly updatedAt: Instant;
  readonly of: JobState;
}

const JOBS = ['suspension', 'containment'] as const;

function typed(job: string, state: unknown): JobState {
  return job === 'suspension'
    ? { job, state: state as SuspensionState }
    : { job: 'containment', state: state as ContainmentState };
}

/** All suspensions and containments of the register, open ones first. */
export async function readJobs(db: Db, { closed = false }: { closed?: boolean } = {}): Promise<OpenJob[]> {
  let query = db
    .selectFrom('job')
    .selectAll()
    .where('job', 'in', [...JOBS]);
  if (!closed) query = query.where('closed', '=', false);
  const rows = await query.orderBy('closed').orderBy('workflow_id').execute();
  return rows.map((row) => ({
    workflowId: row.workflow_id,
    incident: row.incident,
    stage: row.stage,
    closed: row.closed,
    updatedAt: row.updated_at,
    of: typed(row.job, row.state),
  }));
}

/** One job as the register knows it. @throws Refusal for an id that it does not know */
export async function readJob(db: Db, workflowId: string): Promise<OpenJob> {
  const jobs = await readJobs(db, { closed: true });
  const found = jobs.find((job) => job.workflowId === workflowId);
  if (found) return found;
  const open = jobs.filter(({ closed }) => !closed).map((job) => job.workflowId);
  throw new Refusal({
    en: `The register knows no ${workflowId}. ${open.length > 0 ? `Open now: ${open.join(', ')}.` : 'Nothing is open now.'}`,
    ja: `台帳に ${workflowId} はありません。${open.length > 0 ? `現在継続中: ${open.join('、')}。` : '現在継続中のものはありません。'}`,
  });
}

/** Asks the running workflow itself: for when the register is down. */
export async function askRun(client: Client, workflowId: string): Promise<JobState> {
  const state = await client.withDeadline(Date.now() + 3_000, () =>
    client.workflow.getHandle(workflowId).query<SuspensionState | ContainmentState | undefined>('standing'),
  );
  return typed(workflowId.split('/')[0]!, state);
}

export function questionsOf(of: JobState): Question[] {
  return of.job === 'suspension' ? suspensionQuestions(of.state) : containmentQuestions(of.state);
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
      ...barsOf(of, question),
    });
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function votesFor(of: JobState, { subject, digest }: Question, verdict: string): Vote[] {
  if (of.job === 'containment') return [];
  return of.state.votes.filter(
    (vote) => vote.subject === subject && vote.verdict === verdict && vote.digest === digest,
  );
}

function barsOf(of: JobState, { subject }: Question) {
  if (of.job === 'containment') return { failedControl: of.state.failedControl };
  const { proposal, lift, failedControl } = of.state;
  return { proposer: subject === 'lift' ? lift?.by : proposal.by, failedControl };
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
  readonly mayDecide: MayDecide;
  readonly command: string;
  /** Input of the update `decide`, for the Web UI. */
  readonly json: object;
  readonly link: string;
}

export function waiting(
  job: Pick<OpenJob, 'workflowId' | 'incident' | 'of'>,
  question: Question,
  documents: AllDocuments | undefined,
  at: Instant,
  link: string,
): Waiting {
  const { subject, verdicts, digest, due, asks, otherwise } = question;
  return {
    workflowId: job.workflowId,
    incident: job.incident,
    subject,
    verdicts,
    digest,
    ...(due && { due }),
    asks,
    otherwise,
    mayDecide: documents ? mayDecide(documents, job.of, question, at) : {},
    command: decideCommand(job.workflowId, subject, verdicts, digest),
    json: { v: 1, subject, verdict: verdicts[0], by: '<your id>', reason: '<why>', digest },
    link,
  };
}

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
