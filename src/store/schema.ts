import type { ColumnType, Generated } from 'kysely';
import type { Instant } from '../domain/instant.js';
import type { Json } from '../domain/json.js';

/** timestamptz columns are read and written as ISO text in UTC. */
type At = ColumnType<Instant, string, string>;
type AtOrNull = ColumnType<Instant | null, string | null | undefined, string | null>;
/** jsonb columns are read parsed and written as text. */
type JsonColumn = ColumnType<Json, string, string>;

export interface Register {
  document: { kind: string; version: string; content: JsonColumn; hash: string; loaded_at: At };
  current_document: { kind: string; version: string };
  /** One row a workflow: its last saved state. */
  job: {
    workflow_id: string;
    job: string;
    incident: string;
    stage: string;
    closed: boolean;
    needs_human: boolean;
    next_deadline: AtOrNull;
    sequence: number;
    state: JsonColumn;
    updated_at: At;
  };
  /** Append-only. When it was true (`effective_at`) and when it was known (`recorded_at`). */
  timeline: {
    workflow_id: string;
    sequence: number;
    entity: string;
    kind: string;
    incident: string;
    effective_at: At;
    recorded_at: At;
    content: JsonColumn;
    hash: string;
    run_id: string | null;
  };
  hold: {
    workflow_id: string;
    target: string;
    placed_sequence: number;
    measure: 'restrict' | 'suspend';
    limit_yen: number | null;
    in_flight: string | null;
    placed_at: At;
    released_at: AtOrNull;
  };
  /** Numbered orders to the channel system; written before they are sent. */
  function_order: {
    target: string;
    n: number;
    wanted: string;
    limit_yen: number | null;
    status: 'written' | 'unknown' | 'confirmed' | 'refused' | 'by-hand';
    ordered_at: At;
    executed_at: AtOrNull;
    verified_at: AtOrNull;
    detail: string | null;
  };
  /** What was read back, each time that it changed. Append-only. */
  function_state: { target: string; effective_at: At; order_n: number; state: string };
  task: {
    id: string;
    workflow_id: string;
    incident: string;
    subject: string;
    roles: string[];
    call: boolean;
    asks_en: string;
    asks_ja: string;
    due: AtOrNull;
    send: ColumnType<Json | null, string | null, string | null>;
    opened_at: At;
    closed_at: AtOrNull;
    called_at: AtOrNull;
  };
  duty: {
    id: string;
    workflow_id: string;
    incident: string;
    duty: string;
    owner: string;
    opened_at: At;
    due: At;
    arithmetic: string;
    closed_at: AtOrNull;
    alarmed_at: AtOrNull;
  };
  decision: {
    workflow_id: string;
    sequence: number;
    subject: string;
    verdict: string;
    by: string;
    role: string;
    reason: string;
    digest: string;
    late: boolean;
    decided_at: At;
    roster_version: string;
    table_version: string;
  };
  loss: {
    incident: string;
    target: string;
    reference: string;
    count: number;
    occurred_at: At;
    confirmed_at: At;
    recorded_at: At;
  };
  /** Attempts and look-ups, apart from the timeline: how often something was tried differs from run to run. */
  attempt: {
    id: Generated<number>;
    target: string;
    order_n: number | null;
    what: string;
    outcome: string;
    at: Generated<Date>;
  };
  setting: { name: string; value: string };
}
