import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import type { ReadResult } from '../connectors/serviceControl/index.js';
import type { OwedDuty } from '../domain/duty.js';
import type { FrameworkVersion } from '../domain/gapReview.js';
import { obeys, readBackText, wantedState } from '../domain/holds.js';
import { reviewName, type PastReview, type RunProblem, type UnaskedGaps, type Unheld } from '../domain/guardSweep.js';
import { gapReviewId } from '../domain/ids.js';
import { localDate, millis, plus, type Instant } from '../domain/instant.js';
import { runProblems } from '../domain/reconcile.js';
import { Refusal } from '../domain/refusal.js';
import { functionOf } from '../domain/serviceMap.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { readDuties } from '../store/duties.js';
import { unreviewedGaps } from '../store/gaps.js';
import { notApplicableReviews } from '../store/reviews.js';
import { watchedTargets } from '../store/watched.js';
import { forwardSubmissions } from './answers.js';
import type { ActivityDeps } from './deps.js';
import { gapReviewDue } from './gapReview.js';
import { forwardMails } from './inboundMail.js';
import { reach } from './reach.js';
import { lookAtRuns } from './runs.js';
import { findUnheld } from './unheld.js';
import { zoneAt } from './zone.js';

export interface Drift {
  readonly suspension: string;
  readonly target: string;
  /** With its limit, where a restricted function tells it. */
  readonly readBack: string;
}

export interface SweepResult {
  readonly read: number;
  /** Functions that could not be read: nobody knows whether they still obey. */
  readonly unread: readonly string[];
  /** Those that were not read at the sweep before either, and of which people are told now. Absent in older histories. */
  readonly unreadable?: readonly string[];
  readonly drifts: readonly Drift[];
  /** Inspections whose answers found no workflow. */
  readonly unheard: readonly string[];
  /** Functions that are stopped outside, and nothing of ours holds them. */
  readonly unheld: readonly Unheld[];
  readonly orphans: readonly RunProblem[];
  readonly overdue: readonly OwedDuty[];
  /** Workflows with people to be called still, because the mail relay did not take the call. */
  readonly uncalled: readonly string[];
  /** Versions of frameworks that leave gaps, and nobody was asked to look. Absent in older histories. */
  readonly gaps?: readonly FrameworkVersion[];
  /** Gap lists that somebody owes a look at, and nobody can be asked. Absent in older histories. */
  readonly unasked?: readonly UnaskedGaps[];
  /** Units to which nothing applied, and whose review is past. Absent in older histories. */
  readonly reviews?: readonly PastReview[];
}

/** Reads at the same time; a bank's channel system is not to be flooded by its guard. */
const PARALLEL = 10;

/** Reads back every function, and finds what nobody looks after; people are told of each finding once. */
export async function sweep(deps: ActivityDeps, input: { at: Instant }): Promise<SweepResult> {
  const documents = await currentDocuments(deps.store.db);
  const { undetermined, beingSettled, ...found } = await lookAround(deps, documents, input);
  const orphans = await toldOnce(
    deps,
    'orphan',
    found.orphans.map(({ workflowId }) => workflowId),
  );
  const unheld = await toldOnce(
    deps,
    'unheld',
    found.unheld.map(({ target }) => target),
    undetermined,
  );
  const unreadable = await toldOnce(deps, 'unreadable', await unreadAgain(deps, documents, found.unread, input.at), [
    // Who was told of it stays told until it is read.
    ...found.unread,
    ...beingSettled,
  ]);
  // A drill's answers and mails are told at once, and nothing may move outside its ticks.
  const { unheard } = deps.client ? await forwardKept(deps, deps.client, input) : { unheard: [] };
  const untold = await toldOnce(deps, 'unheard', unheard);
  const { gaps, unasked } = await gapsOwed(deps, documents, input);
  const unaskedNow = await toldOnce(
    deps,
    'gaps',
    unasked.map(({ review }) => review),
  );
  const reviews = await reviewsPast(deps, documents, input);
  const reviewed = await toldOnce(deps, 'review', reviews.map(reviewName));
  return {
    ...found,
    unreadable: [...unreadable],
    unheard: unheard.filter((inspection) => untold.has(inspection)),
    orphans: found.orphans.filter(({ workflowId }) => orphans.has(workflowId)),
    unheld: found.unheld.filter(({ target }) => unheld.has(target)),
    gaps,
    unasked: unasked.filter(({ review }) => unaskedNow.has(review)),
    reviews: reviews.filter((review) => reviewed.has(reviewName(review))),
  };
}

/** What was said not to apply, with its day behind it. */
async function reviewsPast(
  { store: { db } }: ActivityDeps,
  { playbook }: AllDocuments,
  { at }: { at: Instant },
): Promise<PastReview[]> {
  const today = localDate(at, zoneAt(playbook.zone, at));
  return (await notApplicableReviews(db)).filter(({ review }) => review < today);
}

/** Sweeps come a little early or late. */
const PACES_BACK = 1.5;

/** Functions that the sweep before this one could not read either. */
async function unreadAgain(
  { store: { db } }: ActivityDeps,
  { policy }: AllDocuments,
  unread: readonly string[],
  at: Instant,
): Promise<string[]> {
  if (unread.length === 0) return [];
  const pace = millis(plus(at, policy.sweepEvery)) - millis(at);
  const rows = await db
    .selectFrom('timeline')
    .select('entity')
    .distinct()
    .where('kind', '=', 'alarm.notReadable')
    .where('effective_at', '>=', plus(at, -PACES_BACK * pace))
    .where('effective_at', '<', at)
    .execute();
  const before = new Set(rows.map(({ entity }) => entity));
  return unread.filter((target) => before.has(`function/${target}`));
}

/** A list that cannot be made, or has no day by which it is due, must not keep the guard from its stops: people are told. */
async function gapsOwed(
  { store: { db } }: ActivityDeps,
  documents: AllDocuments,
  { at }: { at: Instant },
): Promise<{ readonly gaps: readonly FrameworkVersion[]; readonly unasked: readonly UnaskedGaps[] }> {
  const gaps: FrameworkVersion[] = [];
  const unasked: UnaskedGaps[] = [];
  const orUnasked = async <T>(review: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      unasked.push({ review, why: error.sentence });
      return undefined;
    }
  };
  for (const version of (await orUnasked('gapReview', () => unreviewedGaps(db, documents))) ?? [])
    if (await orUnasked(gapReviewId(version), () => gapReviewDue(db, documents, version, at))) gaps.push(version);
  return { gaps, unasked };
}

/** Tells inspections of what came in for them and is only kept. */
async function forwardKept(deps: ActivityDeps, client: NonNullable<ActivityDeps['client']>, { at }: { at: Instant }) {
  const { store } = deps;
  const signaller = inspectionSignals(() => Promise.resolve(client));
  const now = () => deps.now(at);
  await forwardMails({ store, keys: deps.tokenKeys, signal: signaller.signal, now });
  return forwardSubmissions({ db: store.db, signaller, now });
}

interface Found extends Omit<SweepResult, 'unheard' | 'gaps' | 'unasked' | 'unreadable' | 'reviews'> {
  readonly undetermined: readonly string[];
  /** Not read, since an order to them is under way. */
  readonly beingSettled: readonly string[];
}

/** What a sweep finds, told before or not. Writes and sends nothing. */
export async function lookAround(deps: ActivityDeps, documents: AllDocuments, { at }: { at: Instant }): Promise<Found> {
  const { db } = deps.store;
  const holds = await db
    .selectFrom('hold as h')
    .leftJoin('job as j', 'j.workflow_id', 'h.workflow_id')
    .select([
      'h.workflow_id as suspension',
      'h.target',
      'h.measure',
      'h.limit_yen',
      'j.closed',
      'j.stage',
      'j.incident',
    ])
    .where('h.released_at', 'is', null)
    .orderBy('h.target')
    .orderBy('h.workflow_id')
    .execute();
  const watchers = await watchedTargets(db);

  const targets = [...new Set([...holds, ...watchers].map(({ target }) => target))].sort();
  const drifts: Drift[] = [];
  const unread: string[] = [];
  const beingSettled: string[] = [];
  for (let start = 0; start < targets.length; start += PARALLEL) {
    const results = await Promise.all(
      targets
        .slice(start, start + PARALLEL)
        .map(async (target) => ({ target, back: await readBack(deps, documents, target) })),
    );
    for (const { target, back } of results) {
      if (back === 'being-settled') {
        beingSettled.push(target);
        continue;
      }
      if (back.kind === 'by-hand') continue;
      if (back.kind !== 'state') {
        unread.push(target);
        continue;
      }
      const { restrictedLimitYen } = functionOf(documents.services, target);
      const ofTarget = holds
        .filter((hold) => hold.target === target)
        .map((hold) => ({ ...hold, limitYen: hold.limit_yen ?? undefined }));
      if (obeys(back, wantedState(ofTarget, restrictedLimitYen))) continue;
      const keepers = [...holds, ...watchers]
        .filter((keeper) => keeper.target === target)
        .map(({ suspension }) => suspension);
      for (const suspension of [...new Set(keepers)]) drifts.push({ suspension, target, readBack: readBackText(back) });
    }
  }
  const { unheld, unknown } = await findUnheld(deps, documents);
  return {
    read: targets.length - unread.length,
    unread,
    drifts,
    unheld,
    undetermined: unknown,
    beingSettled,
    orphans: await orphans(deps, holds),
    overdue: await readDuties(db, { toAlarm: at }),
    uncalled: await uncalled(deps),
  };
}

async function readBack(
  deps: ActivityDeps,
  documents: AllDocuments,
  target: string,
): Promise<ReadResult | 'being-settled'> {
  const last = await deps.store.db
    .selectFrom('function_order')
    .select('status')
    .where('target', '=', target)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (!last || last.status === 'written' || last.status === 'unknown') return 'being-settled';
  const { control, known } = reach(deps, documents, target);
  return control.read(known);
}

async function uncalled(deps: ActivityDeps): Promise<string[]> {
  const rows = await deps.store.db
    .selectFrom('task')
    .select('workflow_id')
    .distinct()
    .where('call', '=', true)
    .where('called_at', 'is', null)
    .where('closed_at', 'is', null)
    .orderBy('workflow_id')
    .execute();
  return rows.map(({ workflow_id }) => workflow_id);
}

/** Open rows without a run that looks after them, and runs that stand still. */
async function orphans(
  deps: ActivityDeps,
  holds: readonly { suspension: string; closed: boolean | null; incident: string | null }[],
): Promise<RunProblem[]> {
  const closed = holds
    .filter((hold) => hold.closed !== false)
    .map(({ suspension, incident }): RunProblem => ({
      workflowId: suspension,
      incident: incident ?? '',
      problem: 'NO_RUN',
    }));
  const found = deps.client ? [...closed, ...(await withoutRun(deps, deps.client))] : closed;
  return [...new Map(found.map((orphan) => [orphan.workflowId, orphan])).values()];
}

/** A run that just moved on is ahead of its row, or behind it, for a moment: what differs is looked at twice. */
const SECOND_LOOK_MS = 3_000;

async function withoutRun(deps: ActivityDeps, client: NonNullable<ActivityDeps['client']>): Promise<RunProblem[]> {
  const first = runProblems(await lookAtRuns(deps, client));
  if (first.length === 0) return first;
  await sleep(SECOND_LOOK_MS);
  return runProblems(await lookAtRuns(deps, client, new Set(first.map(({ workflowId }) => workflowId))));
}

/**
 * Those of which people were not told yet. A task closes by itself when what it told of is no more.
 * @param undetermined of these nobody can say: their tasks stay
 */
async function toldOnce(
  { store: { db } }: ActivityDeps,
  about: 'orphan' | 'unheld' | 'unheard' | 'gaps' | 'unreadable' | 'review',
  found: readonly string[],
  undetermined: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const told = await db
    .selectFrom('task')
    .select(['id', 'subject', 'closed_at'])
    .where('subject', 'like', `${about}:%`)
    // A day that is past stays past: who closed the task of a review has looked.
    .$if(about !== 'review', (query) => query.where('closed_at', 'is', null))
    .execute();
  const subject = (name: string) => `${about}:${name}`;
  const open = new Set([...found, ...undetermined].map(subject));
  const settled = told.filter((task) => task.closed_at === null && !open.has(task.subject)).map(({ id }) => id);
  if (settled.length > 0)
    await db
      .updateTable('task')
      .set({ closed_at: sql`now()` })
      .where('id', 'in', settled)
      .execute();
  return new Set(found.filter((name) => !told.some((task) => task.subject === subject(name))));
}
