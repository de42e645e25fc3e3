import { createHash } from 'node:crypto';
import { sql, type Insertable, type Transaction } from 'kysely';
import type { Instant } from '../domain/instant.js';
import { canonicalJson, type Json } from '../domain/json.js';
import type { Row, Transition } from '../domain/transition.js';
import { faultPoint } from '../faultPoint.js';
import type { Db } from './open.js';
import type { Register } from './schema.js';

export interface Recording {
  readonly workflowId: string;
  readonly job: string;
  readonly incident: string;
  readonly stage: string;
  readonly closed: boolean;
  readonly needsHuman: boolean;
  readonly nextDeadline?: Instant;
  /** The state after the last of these transitions. */
  readonly state: Json;
  readonly sequence: number;
  readonly transitions: readonly Transition[];
}

export type Recorded =
  | { readonly kind: 'recorded' }
  /** The register holds another content under this key: history and register went apart (reset, restore). Nothing was written. */
  | { readonly kind: 'diverged'; readonly sequence: number }
  /**
   * The other content is this run's own: its worker was lost after it wrote, and what it does again happens at another
   * instant. Nothing was written; the register knows better.
   */
  | { readonly kind: 'behind' };

/** What must be equal for a transition to be the same one. When it was recorded is not part of it. */
export function contentHash(transition: Transition): string {
  const { entity, kind, effectiveAt, content, rows } = transition;
  return createHash('sha256').update(canonicalJson({ entity, kind, effectiveAt, content, rows })).digest('hex');
}

/**
 * Writes transitions, the rows they bring and the job's state in one transaction, each under its key (workflow id,
 * sequence). The same key with the same content is a retry and changes nothing. Two attempts at once are told apart by the
 * primary key: the second fails, is tried again, and finds the first.
 * @param run the run that records
 */
export async function record(db: Db, recording: Recording, run?: string): Promise<Recorded> {
  faultPoint('record.before');
  const outcome = await db.transaction().execute(async (trx): Promise<Recorded> => {
    const { known, runs, jobSequence } = await registered(trx, recording);
    const clash = recording.transitions.find((t) => known.has(t.sequence) && known.get(t.sequence) !== contentHash(t));
    if (clash) {
      if (run !== undefined && runs.get(clash.sequence) === run) return { kind: 'behind' };
      await openReconcileTask(trx, recording, clash);
      return { kind: 'diverged', sequence: clash.sequence };
    }
    const news = recording.transitions.filter((t) => !known.has(t.sequence));
    if (news.length > 0) await writeTimeline(trx, recording, news, run);
    await new RowBatch(recording, news).write(trx);
    if (jobSequence === undefined || jobSequence <= recording.sequence) await writeJob(trx, recording);
    return { kind: 'recorded' };
  });
  faultPoint('record.after');
  return outcome;
}

/** What the register holds under the keys of these transitions, and how far the job's row is. */
async function registered(trx: Transaction<Register>, { workflowId, transitions }: Recording) {
  const sequences = transitions.map(({ sequence }) => sequence);
  const { rows } = await sql<{
    lines: { sequence: number; hash: string; run: string | null }[] | null;
    job: number | null;
  }>`
    select (select json_agg(json_build_object('sequence', sequence, 'hash', hash, 'run', run_id)) from timeline where workflow_id = ${workflowId} and sequence = any(${sequences})) as lines,
           (select sequence from job where workflow_id = ${workflowId}) as job`.execute(trx);
  const { lines, job } = rows[0]!;
  return {
    known: new Map(lines?.map(({ sequence, hash }) => [sequence, hash])),
    runs: new Map(lines?.map(({ sequence, run }) => [sequence, run])),
    jobSequence: job ?? undefined,
  };
}

async function writeJob(trx: Transaction<Register>, recording: Recording): Promise<void> {
  const at = recording.transitions.at(-1)?.recordedAt;
  const values = {
    job: recording.job,
    incident: recording.incident,
    stage: recording.stage,
    closed: recording.closed,
    needs_human: recording.needsHuman,
    next_deadline: recording.nextDeadline ?? null,
    sequence: recording.sequence,
    state: JSON.stringify(recording.state),
    ...(at && { updated_at: at }),
  };
  await trx
    .insertInto('job')
    .values({ workflow_id: recording.workflowId, ...values, updated_at: at ?? new Date(0).toISOString() })
    .onConflict((conflict) => conflict.column('workflow_id').doUpdateSet(values))
    .execute();
}

async function writeTimeline(
  trx: Transaction<Register>,
  recording: Recording,
  transitions: readonly Transition[],
  run: string | undefined,
): Promise<void> {
  await trx
    .insertInto('timeline')
    .values(
      transitions.map((transition) => ({
        workflow_id: recording.workflowId,
        sequence: transition.sequence,
        entity: transition.entity,
        kind: transition.kind,
        incident: transition.incident ?? recording.incident,
        effective_at: transition.effectiveAt,
        recorded_at: transition.recordedAt,
        content: canonicalJson(transition.content),
        hash: contentHash(transition),
        run_id: run ?? null,
      })),
    )
    .execute();
}

type Insert<T extends keyof Register> = Insertable<Register[T]>;

/**
 * The rows of several transitions, one statement a table: a stop of ten targets brings dozens. What one transition opens
 * and a later one closes is closed before it is written.
 */
class RowBatch {
  private readonly holds: Insert<'hold'>[] = [];
  private readonly tasks: Insert<'task'>[] = [];
  private readonly duties: Insert<'duty'>[] = [];
  private readonly decisions: Insert<'decision'>[] = [];
  private readonly losses: Insert<'loss'>[] = [];
  private readonly released = new Map<string, Instant>();
  private readonly closed = new Map<string, Instant>();
  private readonly alarmed = new Map<string, Instant>();

  constructor(
    private readonly recording: Recording,
    transitions: readonly Transition[],
  ) {
    for (const transition of transitions)
      for (const [index, row] of transition.rows.entries()) this.add(transition, row, index);
  }

  private add(transition: Transition, row: Row, index: number): void {
    const { workflowId } = this.recording;
    const incident = transition.incident ?? this.recording.incident;
    const { sequence, recordedAt: at } = transition;
    const id = `${workflowId}#${sequence}.${index}`;
    switch (row.do) {
      case 'placeHold':
        this.holds.push({
          workflow_id: workflowId,
          target: row.target,
          placed_sequence: sequence,
          measure: row.measure,
          limit_yen: row.limitYen ?? null,
          in_flight: row.inFlight ?? null,
          placed_at: at,
          released_at: null,
        });
        return;
      case 'releaseHold':
        for (const hold of this.holds) if (hold.target === row.target) hold.released_at ??= at;
        this.released.set(row.target, at);
        return;
      case 'openTask':
        this.tasks.push({
          id,
          workflow_id: workflowId,
          incident,
          subject: row.subject,
          roles: [...row.roles],
          call: row.call,
          asks_en: row.asks.en,
          asks_ja: row.asks.ja,
          due: row.due ?? null,
          send: row.send ? JSON.stringify(row.send) : null,
          opened_at: at,
          closed_at: null,
        });
        return;
      case 'closeTasks':
        for (const task of this.tasks) if (task.subject === row.subject) task.closed_at ??= at;
        this.closed.set(row.subject, at);
        return;
      case 'openDuty':
        this.duties.push({
          id,
          workflow_id: workflowId,
          incident,
          duty: row.duty,
          owner: row.owner,
          opened_at: at,
          due: row.due,
          arithmetic: row.arithmetic,
        });
        return;
      case 'dutyAlarmed':
        this.alarmed.set(row.id, at);
        return;
      case 'recordDecision':
        this.decisions.push({
          workflow_id: workflowId,
          sequence,
          subject: row.subject,
          verdict: row.verdict,
          by: row.by,
          role: row.role,
          reason: row.reason,
          digest: row.digest,
          late: row.late,
          decided_at: at,
          roster_version: row.rosterVersion,
          table_version: row.tableVersion,
        });
        return;
      case 'recordLoss':
        this.losses.push({
          incident,
          target: row.target,
          reference: row.reference,
          count: row.count,
          occurred_at: row.occurredAt,
          confirmed_at: transition.effectiveAt,
          recorded_at: at,
        });
        return;
    }
  }

  async write(trx: Transaction<Register>): Promise<void> {
    const { workflowId } = this.recording;
    if (this.released.size > 0)
      await sql`update hold set released_at = r.at::timestamptz from ${pairs(this.released)} where workflow_id = ${workflowId} and target = r.key and released_at is null`.execute(
        trx,
      );
    if (this.closed.size > 0)
      await sql`update task set closed_at = r.at::timestamptz from ${pairs(this.closed)} where workflow_id = ${workflowId} and subject = r.key and closed_at is null`.execute(
        trx,
      );
    if (this.alarmed.size > 0)
      await sql`update duty set alarmed_at = r.at::timestamptz from ${pairs(this.alarmed)} where id = r.key`.execute(
        trx,
      );
    if (this.holds.length > 0) await trx.insertInto('hold').values(this.holds).execute();
    if (this.tasks.length > 0) await trx.insertInto('task').values(this.tasks).execute();
    if (this.duties.length > 0) await trx.insertInto('duty').values(this.duties).execute();
    if (this.decisions.length > 0) await trx.insertInto('decision').values(this.decisions).execute();
    // Another containment of the same function may have taken the same finding in: one row a finding.
    if (this.losses.length > 0)
      await trx
        .insertInto('loss')
        .values(this.losses)
        .onConflict((conflict) => conflict.columns(['incident', 'target', 'reference']).doNothing())
        .execute();
  }
}

/** A map as rows `r(key, at)`. */
function pairs(map: ReadonlyMap<string, Instant>) {
  return sql`unnest(${[...map.keys()]}::text[], ${[...map.values()]}::text[]) as r(key, at)`;
}

async function openReconcileTask(trx: Transaction<Register>, recording: Recording, clash: Transition): Promise<void> {
  await trx
    .insertInto('task')
    .values({
      id: `${recording.workflowId}#diverged`,
      workflow_id: recording.workflowId,
      incident: recording.incident,
      subject: 'reconcile',
      roles: ['dutyOfficer'],
      call: true,
      asks_en: `The history of ${recording.workflowId} and the register went apart at transition ${clash.sequence} (a reset or a restore). Nothing was changed. Run "hikeshi reconcile".`,
      asks_ja: `${recording.workflowId} の履歴と台帳が遷移 ${clash.sequence} で食い違いました（リセットまたは復元）。何も変更していません。hikeshi reconcile を実行してください。`,
      send: null,
      opened_at: clash.recordedAt,
    })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ closed_at: null, called_at: null }))
    .execute();
}
