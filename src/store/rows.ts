import { createHash } from 'node:crypto';
import type { Insertable } from 'kysely';
import type { Instant } from '../domain/instant.js';
import { canonicalJson, type Json } from '../domain/json.js';
import { rowId, type Row, type Transition } from '../domain/transition.js';
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

/** What must be equal for a transition to be the same one. When it was recorded is not part of it. */
export function contentHash(transition: Transition): string {
  const { entity, kind, effectiveAt, content, rows } = transition;
  return createHash('sha256').update(canonicalJson({ entity, kind, effectiveAt, content, rows })).digest('hex');
}

export interface Writing {
  /** The same for every statement of the same text: each connection plans it once. */
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/**
 * What transitions write: timeline lines, the rows that they bring and the job's state, one part a table, what closes
 * before what opens. What one transition opens and a later one closes is closed before it is written.
 */
export function partsOf(recording: Recording, transitions: readonly Transition[], run: string | undefined): Part[] {
  return new RowBatch(recording, transitions, run).parts();
}

/** Parts as one statement: a stop of ten targets brings dozens of rows, and seconds count. Neither sees what another writes. */
export function together(parts: readonly Part[], workflowId: string): Writing {
  return {
    name: `record-${parts.map(({ name }) => name).join('-')}`,
    text: `with ${parts.map(({ text }, index) => `w${index} as (${text(`$${index + 2}::jsonb`)})`).join(', ')} select 1 where $1::text is not null`,
    values: [workflowId, ...parts.map(({ rows }) => JSON.stringify(rows))],
  };
}

type Insert<T extends keyof Register> = { [C in keyof Insertable<Register[T]>]: unknown };

export interface Part {
  readonly name: string;
  readonly rows: readonly object[];
  /** @param json the placeholder of the rows as JSON */
  text(json: string): string;
}

/** Tables that transitions insert into, and what happens to a row that is there already. */
const INSERTS = {
  timeline: '',
  job: `on conflict (workflow_id) do update set (job, incident, stage, closed, needs_human, next_deadline, sequence, state, updated_at)
      = (excluded.job, excluded.incident, excluded.stage, excluded.closed, excluded.needs_human, excluded.next_deadline, excluded.sequence, excluded.state, excluded.updated_at)
      where job.sequence <= excluded.sequence`,
  hold: '',
  task: '',
  duty: '',
  decision: '',
  // Another containment of the same function may have taken the same finding in: one row a finding.
  loss: 'on conflict (incident, target, reference) do nothing',
  round: '',
  inspection: '',
  item_result: '',
  commitment: '',
  risk_acceptance: '',
  opinion: '',
  fact_check: '',
  improvement: '',
} as const;

/** Rows that tell how something stands now: the last one of a recording is the one, and replaces what was. */
const KEYS: Partial<Record<keyof typeof INSERTS, readonly string[]>> = {
  round: ['workflow_id'],
  inspection: ['workflow_id'],
  item_result: ['workflow_id', 'item'],
  commitment: ['workflow_id', 'n'],
  risk_acceptance: ['workflow_id', 'n'],
  improvement: ['workflow_id'],
};

class RowBatch {
  private readonly inserts: { [T in keyof typeof INSERTS]: Insert<T>[] } = {
    timeline: [],
    job: [],
    hold: [],
    task: [],
    duty: [],
    decision: [],
    loss: [],
    round: [],
    inspection: [],
    item_result: [],
    commitment: [],
    risk_acceptance: [],
    opinion: [],
    fact_check: [],
    improvement: [],
  };
  private readonly once = new Map<string, Insert<'task'>>();
  private readonly released = new Map<string, Instant>();
  private readonly closed = new Map<string, Instant>();
  private readonly handled = new Map<string, Instant>();
  private readonly alarmed = new Map<string, Instant>();
  private readonly done = new Map<string, Instant>();

  constructor(
    private readonly recording: Recording,
    transitions: readonly Transition[],
    run: string | undefined,
  ) {
    for (const transition of transitions) {
      this.inserts.timeline.push(this.line(transition, run));
      for (const [index, row] of transition.rows.entries()) this.add(transition, row, index);
    }
    this.inserts.job.push(this.job());
  }

  parts(): Part[] {
    const { released, closed, handled, alarmed, done } = this;
    return [
      {
        name: 'release',
        rows: pairs(released),
        text: (json: string) =>
          `update hold set released_at = r.at from ${keyed(json)} where workflow_id = $1 and target = r.key and released_at is null`,
      },
      {
        name: 'close',
        rows: pairs(closed),
        text: (json: string) =>
          `update task set closed_at = r.at from ${keyed(json)} where workflow_id = $1 and subject = r.key and closed_at is null`,
      },
      {
        name: 'handled',
        rows: pairs(handled),
        text: (json: string) =>
          `update task set closed_at = r.at from ${keyed(json)} where id = r.key and closed_at is null`,
      },
      {
        name: 'alarm',
        rows: pairs(alarmed),
        text: (json: string) => `update duty set alarmed_at = r.at from ${keyed(json)} where id = r.key`,
      },
      {
        name: 'done',
        rows: pairs(done),
        text: (json: string) =>
          `update duty set closed_at = r.at from ${keyed(json)} where id = r.key and closed_at is null`,
      },
      {
        name: 'seen',
        rows: pairs(done),
        text: (json: string) =>
          `update task set closed_at = r.at from ${keyed(json)} where subject = 'duty:' || r.key and closed_at is null`,
      },
      ...(Object.entries(this.inserts) as [keyof typeof INSERTS, object[]][]).map(([table, rows]) => ({
        name: table,
        rows: lastOfEach(rows, KEYS[table]),
        text: (json: string) => insertInto(table, rows[0]!, json),
      })),
      {
        name: 'once',
        rows: [...this.once.values()],
        text: (json: string) => insertOnce([...this.once.values()][0]!, json),
      },
    ].filter(({ rows }) => rows.length > 0);
  }

  private line(transition: Transition, run: string | undefined): Insert<'timeline'> {
    return {
      workflow_id: this.recording.workflowId,
      sequence: transition.sequence,
      entity: transition.entity,
      kind: transition.kind,
      incident: transition.incident ?? this.recording.incident,
      effective_at: transition.effectiveAt,
      recorded_at: transition.recordedAt,
      content: transition.content,
      hash: contentHash(transition),
      run_id: run ?? null,
    };
  }

  private job(): Insert<'job'> {
    const { recording } = this;
    return {
      workflow_id: recording.workflowId,
      job: recording.job,
      incident: recording.incident,
      stage: recording.stage,
      closed: recording.closed,
      needs_human: recording.needsHuman,
      next_deadline: recording.nextDeadline ?? null,
      sequence: recording.sequence,
      state: recording.state,
      updated_at: recording.transitions.at(-1)?.recordedAt ?? new Date(0).toISOString(),
    };
  }

  private add(transition: Transition, row: Row, index: number): void {
    const { workflowId } = this.recording;
    const incident = transition.incident ?? this.recording.incident;
    const { sequence, recordedAt: at } = transition;
    const id = rowId(workflowId, sequence, index);
    switch (row.do) {
      case 'placeHold':
        this.inserts.hold.push({
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
        for (const hold of this.inserts.hold) if (hold.target === row.target) hold.released_at ??= at;
        this.released.set(row.target, at);
        return;
      case 'openTask': {
        const task = {
          id,
          workflow_id: workflowId,
          incident,
          subject: row.subject,
          roles: row.roles,
          call: row.call,
          asks_en: row.asks.en,
          asks_ja: row.asks.ja,
          due: row.due ?? null,
          send: row.send ?? null,
          opened_at: at,
          closed_at: null,
        };
        if (!row.once) this.inserts.task.push(task);
        else if (!this.once.has(row.subject)) this.once.set(row.subject, task);
        return;
      }
      case 'closeTasks':
        for (const task of this.inserts.task) if (task.subject === row.subject) task.closed_at ??= at;
        this.closed.set(row.subject, at);
        return;
      case 'closeTask':
        this.handled.set(row.id, at);
        return;
      case 'openDuty':
        this.inserts.duty.push({
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
      case 'closeDuty':
        this.done.set(row.id, at);
        return;
      case 'recordDecision':
        this.inserts.decision.push({ workflow_id: workflowId, sequence, decided_at: at, ...columns(row) });
        return;
      case 'noteRound':
        this.inserts.round.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'noteInspection':
        this.inserts.inspection.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'noteItems':
        for (const { item, phase, class: itemClass, result, failed } of row.items)
          this.inserts.item_result.push({ workflow_id: workflowId, item, phase, class: itemClass, result, failed });
        return;
      case 'noteRisk':
        this.inserts.risk_acceptance.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'noteCommitment':
        this.inserts.commitment.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'recordOpinion':
        this.inserts.opinion.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'recordFactCheck':
        this.inserts.fact_check.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'noteImprovement':
        this.inserts.improvement.push({ workflow_id: workflowId, ...columns(row) });
        return;
      case 'recordLoss':
        this.inserts.loss.push({ incident, confirmed_at: transition.effectiveAt, recorded_at: at, ...columns(row) });
        return;
    }
  }
}

/** `unitGroup` -> `unit_group`. */
type Snake<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : '';

/** A row whose fields are the table's columns, but for how they are spelled. */
function columns<R extends Row>(row: R): { [Field in Exclude<keyof R, 'do'> & string as Snake<Field>]: R[Field] } {
  const fields = Object.entries(row).filter(([field]) => field !== 'do');
  const named = fields.map(([field, value]) => [
    field.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`),
    value,
  ]);
  return Object.fromEntries(named) as ReturnType<typeof columns<R>>;
}

function lastOfEach(rows: readonly object[], key: readonly string[] | undefined): readonly object[] {
  if (!key) return rows;
  const keyOf = (row: object) => key.map((column) => (row as Record<string, unknown>)[column]).join('|');
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

const columnsOf = (first: object) =>
  Object.keys(first)
    .map((column) => `"${column}"`)
    .join(', ');

/** Tasks of which none of the same subject is open. */
function insertOnce(first: object, json: string): string {
  const columns = columnsOf(first);
  return `insert into task (${columns}) select ${columns} from jsonb_populate_recordset(null::task, ${json}) n
    where not exists (select 1 from task t where t.subject = n.subject and t.closed_at is null)`;
}

/** Rows of one table have the same columns: those of the first are those of all. */
function insertInto(table: keyof typeof INSERTS, first: object, json: string): string {
  const columns = columnsOf(first);
  const key = KEYS[table];
  const replaced = Object.keys(first).filter((column) => !key?.includes(column));
  const conflict = key
    ? `on conflict (${key.join(', ')}) do update set ${replaced.map((column) => `"${column}" = excluded."${column}"`).join(', ')}`
    : INSERTS[table];
  return `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, ${json}) ${conflict}`;
}

const pairs = (map: ReadonlyMap<string, Instant>) => [...map].map(([key, at]) => ({ key, at }));
const keyed = (json: string) => `jsonb_to_recordset(${json}) as r(key text, at timestamptz)`;
