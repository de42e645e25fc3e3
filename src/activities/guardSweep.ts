import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { inspectionSignals } from '../connectors/inspectionSignals.js';
import type { ReadResult } from '../connectors/serviceControl/index.js';
import type { OwedDuty } from '../domain/duty.js';
import type { FrameworkVersion } from '../domain/gapReview.js';
import { wantedState, type ChannelState } from '../domain/holds.js';
import type { Unheld } from '../domain/guardSweep.js';
import type { Instant } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { currentDocuments, type AllDocuments } from '../store/documents.js';
import { readDuties } from '../store/duties.js';
import { unreviewedGaps } from '../store/gaps.js';
import { watchedTargets } from '../store/watched.js';
import { forwardSubmissions } from './answers.js';
import type { ActivityDeps } from './deps.js';
import { forwardMails } from './inboundMail.js';
import { reach } from './reach.js';
import { findUnheld } from './unheld.js';

export interface Drift {
  readonly suspension: string;
  readonly target: string;
  readonly readBack: ChannelState;
}

export interface Orphan {
  readonly workflowId: string;
  readonly incident: string;
  readonly problem: 'NO_RUN' | 'STAGE_DIFFERS';
}

export interface SweepResult {
  readonly read: number;
  /** Functions that could not be read: nobody knows whether they still obey. */
  readonly unread: readonly string[];
  readonly drifts: readonly Drift[];
  /** Inspections whose answers found no workflow. */
  readonly unheard: readonly string[];
  /** Functions that are stopped outside, and nothing of ours holds them. */
  readonly unheld: readonly Unheld[];
  readonly orphans: readonly Orphan[];
  readonly overdue: readonly OwedDuty[];
  /** Workflows with people to be called still, because the mail relay did not take the call. */
  readonly uncalled: readonly string[];
  /** Versions of frameworks that leave gaps, and nobody was asked to look. Absent in older histories. */
  readonly gaps?: readonly FrameworkVersion[];
}

const STAGE = defineSearchAttributeKey('Stage', SearchAttributeType.KEYWORD);

/** Reads at the same time; a bank's channel system is not to be flooded by its guard. */
const PARALLEL = 10;

/** Reads back every function, and finds what nobody looks after; people are told of each finding once. */
export async function sweep(deps: ActivityDeps, input: { at: Instant }): Promise<SweepResult> {
  const { undetermined, ...found } = await lookAround(deps, input);
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
  // A drill's answers and mails are told at once, and nothing may move outside its ticks.
  const { unheard } = deps.client ? await forwardKept(deps, deps.client, input) : { unheard: [] };
  const untold = await toldOnce(deps, 'unheard', unheard);
  return {
    ...found,
    unheard: unheard.filter((inspection) => untold.has(inspection)),
    orphans: found.orphans.filter(({ workflowId }) => orphans.has(workflowId)),
    unheld: found.unheld.filter(({ target }) => unheld.has(target)),
    gaps: await gapsOwed(deps),
  };
}

/** A list that cannot be made must not keep the guard from its stops; `framework gaps` says why it cannot. */
async function gapsOwed({ store: { db } }: ActivityDeps): Promise<readonly FrameworkVersion[]> {
  try {
    return await unreviewedGaps(db, await currentDocuments(db));
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/** Tells inspections of what came in for them and is only kept. */
async function forwardKept(deps: ActivityDeps, client: NonNullable<ActivityDeps['client']>, { at }: { at: Instant }) {
  const { store } = deps;
  const signaller = inspectionSignals(() => Promise.resolve(client));
  const now = () => deps.now(at);
  await forwardMails({ store, keys: deps.tokenKeys, signal: signaller.signal, now });
  return forwardSubmissions({ db: store.db, signaller, now });
}

/** What a sweep finds, told before or not. Writes and sends nothing. */
export async function lookAround(
  deps: ActivityDeps,
  { at }: { at: Instant },
): Promise<Omit<SweepResult, 'unheard' | 'gaps'> & { readonly undetermined: readonly string[] }> {
  const { db } = deps.store;
  const documents = await currentDocuments(db);
  const holds = await db
    .selectFrom('hold as h')
    .leftJoin('job as j', 'j.workflow_id', 'h.workflow_id')
    .select(['h.workflow_id as suspension', 'h.target', 'h.measure', 'j.closed', 'j.stage', 'j.incident'])
    .where('h.released_at', 'is', null)
    .orderBy('h.target')
    .orderBy('h.workflow_id')
    .execute();
  const watchers = await watchedTargets(db);

  const targets = [...new Set([...holds, ...watchers].map(({ target }) => target))].sort();
  const drifts: Drift[] = [];
  const unread: string[] = [];
  for (let start = 0; start < targets.length; start += PARALLEL) {
    const results = await Promise.all(
      targets
        .slice(start, start + PARALLEL)
        .map(async (target) => ({ target, back: await readBack(deps, documents, target) })),
    );
    for (const { target, back } of results) {
      if (back === 'being-settled' || back.kind === 'by-hand') continue;
      if (back.kind !== 'state') {
        unread.push(target);
        continue;
      }
      const wanted = wantedState(holds.filter((hold) => hold.target === target)).state;
      if (back.state === wanted) continue;
      const keepers = [...holds, ...watchers]
        .filter((keeper) => keeper.target === target)
        .map(({ suspension }) => suspension);
      for (const suspension of [...new Set(keepers)]) drifts.push({ suspension, target, readBack: back.state });
    }
  }
  const { unheld, unknown } = await findUnheld(deps, documents);
  return {
    read: targets.length - unread.length,
    unread,
    drifts,
    unheld,
    undetermined: unknown,
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

/** Open rows without a running workflow, and rows whose stage is not the one of the run (a reset). */
async function orphans(
  deps: ActivityDeps,
  holds: readonly { suspension: string; closed: boolean | null; incident: string | null }[],
): Promise<Orphan[]> {
  const closed = holds
    .filter((hold) => hold.closed !== false)
    .map(({ suspension, incident }): Orphan => ({
      workflowId: suspension,
      incident: incident ?? '',
      problem: 'NO_RUN',
    }));
  const found = deps.client ? [...closed, ...(await withoutRun(deps, deps.client))] : closed;
  return [...new Map(found.map((orphan) => [orphan.workflowId, orphan])).values()];
}

/** A run that just moved on is ahead of its row, or behind it, for a moment: what differs is looked at twice. */
const SECOND_LOOK_MS = 3_000;

/** Runs asked about at the same time: a round has a thousand of them. */
export const RUNS_AT_ONCE = 25;

async function withoutRun(deps: ActivityDeps, client: NonNullable<ActivityDeps['client']>): Promise<Orphan[]> {
  const look = async (only?: ReadonlySet<string>): Promise<Orphan[]> => {
    const rows = (await openJobs(deps)).filter(({ workflow_id }) => !only || only.has(workflow_id));
    const problems: { workflowId: string; incident: string; problem: Orphan['problem'] | undefined }[] = [];
    for (let from = 0; from < rows.length; from += RUNS_AT_ONCE)
      problems.push(
        ...(await Promise.all(
          rows.slice(from, from + RUNS_AT_ONCE).map(async ({ workflow_id, incident, stage }) => ({
            workflowId: workflow_id,
            incident,
            problem: await compareRun(client, workflow_id, stage),
          })),
        )),
      );
    return problems.filter((orphan): orphan is Orphan => orphan.problem !== undefined);
  };
  const first = await look();
  if (first.length === 0) return first;
  await sleep(SECOND_LOOK_MS);
  return look(new Set(first.map(({ workflowId }) => workflowId)));
}

/**
 * Those of which people were not told yet. A task closes by itself when what it told of is no more.
 * @param undetermined of these nobody can say: their tasks stay
 */
async function toldOnce(
  { store: { db } }: ActivityDeps,
  about: 'orphan' | 'unheld' | 'unheard',
  found: readonly string[],
  undetermined: readonly string[] = [],
): Promise<ReadonlySet<string>> {
  const told = await db
    .selectFrom('task')
    .select(['id', 'subject'])
    .where('subject', 'like', `${about}:%`)
    .where('closed_at', 'is', null)
    .execute();
  const subject = (name: string) => `${about}:${name}`;
  const open = new Set([...found, ...undetermined].map(subject));
  const settled = told.filter((task) => !open.has(task.subject)).map(({ id }) => id);
  if (settled.length > 0)
    await db
      .updateTable('task')
      .set({ closed_at: sql`now()` })
      .where('id', 'in', settled)
      .execute();
  return new Set(found.filter((name) => !told.some((task) => task.subject === subject(name))));
}

/** Jobs that run for weeks and wait for people: an open row of theirs has a run. */
export const WATCHED_JOBS = [
  'suspension',
  'containment',
  'inspectionRound',
  'providerInspection',
  'evaluation',
  'improvement',
  'gapReview',
] as const;

export function openJobs(deps: Pick<ActivityDeps, 'store'>) {
  return deps.store.db
    .selectFrom('job')
    .select(['workflow_id', 'job', 'incident', 'stage', 'updated_at', 'sequence'])
    .where('closed', '=', false)
    .where('job', 'in', [...WATCHED_JOBS])
    .orderBy('workflow_id')
    .execute();
}

/** Compares one open row with its run. A run that just moved on is given the benefit of a second look by the next sweep. */
export async function compareRun(
  client: NonNullable<ActivityDeps['client']>,
  workflowId: string,
  stage: string,
): Promise<Orphan['problem'] | undefined> {
  try {
    const run = await client.workflow.getHandle(workflowId).describe();
    if (run.status.name !== 'RUNNING') return 'NO_RUN';
    const shown = run.typedSearchAttributes.get(STAGE);
    return shown === undefined || shown === stage ? undefined : 'STAGE_DIFFERS';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'NO_RUN';
    throw error;
  }
}
