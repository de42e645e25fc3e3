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
  /** What a provider sees of its inspection; written by the inspection's transitions. */
  questionnaire: { workflow_id: string; content: JsonColumn; updated_at: At };
  /** Secret links; the token names the id and is kept nowhere. */
  access_link: {
    id: string;
    workflow_id: string;
    contact: string;
    issued_at: At;
    expires_at: At;
    revoked_at: AtOrNull;
  };
  /** Answers as they came in, kept before anybody is told. */
  submission: {
    id: string;
    workflow_id: string;
    /** Counts the submissions of the inspection, from 1. */
    n: number;
    channel: string;
    by: string;
    content: JsonColumn;
    hash: string;
    late: boolean;
    received_at: At;
    /** When the workflow had the signal. */
    taken_at: AtOrNull;
    /** When no run was found that takes it. */
    unheard_at: AtOrNull;
  };
  /** Every version of an item's answer as it was given, drafts included. Append-only but for `aside`. */
  draft: {
    workflow_id: string;
    item: string;
    version: number;
    value: JsonColumn;
    updated_at: At;
    /** By which link; null for other ways. */
    link: string | null;
    /** Saved over somebody else's newer answer: kept beside it until somebody chooses. */
    aside: boolean;
    /** The submission that it went with. */
    submission: string | null;
  };
  /** Files by the hash of their content (`sha256:...`), as they came: never opened. */
  evidence: { hash: string; size: number; content: Buffer; stored_at: At };
  /** Whose file it is, and what it is called there: one content may come from two providers. */
  evidence_of: { workflow_id: string; hash: string; name: string; media_type: string; stored_at: At };
  /** An inspection round as it stands. */
  round: {
    workflow_id: string;
    round: string;
    title: JsonColumn;
    phase: string;
    opened_at: AtOrNull;
    target: JsonColumn;
    predicted_end: string | null;
    reported_at: AtOrNull;
    slip_days: number | null;
  };
  /** A unit in a round as it stands: what status and report read. */
  inspection: {
    workflow_id: string;
    round: string;
    unit: string;
    unit_group: string;
    own: boolean;
    basis: string;
    framework: string;
    framework_version: string;
    phase: string;
    result: string;
    mandatory: number;
    satisfied: number;
    failing: number;
    left_out: number;
    follow_ups: number;
    asked_at: AtOrNull;
    answer_due: AtOrNull;
    overdue_since: AtOrNull;
    answered_at: AtOrNull;
    next_due: AtOrNull;
    remediation: ColumnType<Json | null, string | null, string | null>;
    /** That nothing applies (`NotApplicable`); null for every other result. */
    not_applicable: ColumnType<Json | null, string | null | undefined, string | null>;
  };
  item_result: {
    workflow_id: string;
    item: string;
    phase: number;
    class: string;
    result: string;
    /** Was judged to fail, and nobody has judged since that it does not. */
    failed: boolean;
  };
  /** Failing items that two persons live with until a day; each acceptance keeps its row. */
  risk_acceptance: {
    workflow_id: string;
    n: number;
    unit: string;
    items: string[];
    functions: string[];
    by: string[];
    reason: string;
    accepted_at: At;
    until: At;
    /** EXPIRED, SUPERSEDED, MENDED; null while it stands. */
    ended: string | null;
    ended_at: AtOrNull;
  };
  /** Mails of providers that answer a mail of ours, as they came. */
  provider_reply: {
    id: string;
    workflow_id: string;
    /** Key of the mail that it answers. */
    mail_key: string;
    from: string;
    subject: string;
    text: string;
    attachments: number;
    /** A machine answered: nobody has read the mail. */
    automatic: boolean;
    received_at: At;
    /** When the workflow was told. */
    told_at: AtOrNull;
  };
  /** Mails that came in, matched or not, as they came. */
  inbound_mail: {
    id: string;
    message_id: string;
    from: string;
    subject: string;
    raw: Buffer;
    received_at: At;
    /** What became of it (`InboundTaken`); null until that is known. */
    taken: ColumnType<Json | null, string | null, string | null>;
    taken_at: AtOrNull;
    /** Nobody has to look at it, or somebody did. */
    settled_at: AtOrNull;
  };
  /** Promises of units; a new promise is a new row, the old date stays. */
  commitment: {
    workflow_id: string;
    n: number;
    unit: string;
    text: string;
    date: string;
    last_open_day: string | null;
    due: At;
    firmness: string;
    standing: string;
    made_at: At;
  };
  /** Every version of the assessor's opinion, with the hash of its content. Append-only. */
  opinion: {
    workflow_id: string;
    version: number;
    round: string;
    stage: 'draft' | 'final';
    opinion: string;
    content: JsonColumn;
    report: string;
    hash: string;
    by: string;
    at: At;
  };
  /** What the bank answered to a version of the opinion. Append-only. */
  fact_check: {
    workflow_id: string;
    n: number;
    version: number;
    by: string;
    role: string;
    remarks: JsonColumn;
    at: At;
  };
  /** What is to get better, as it stands. */
  improvement: {
    workflow_id: string;
    round: string;
    name: string;
    units: string[];
    subject: string;
    text: JsonColumn;
    stage: string;
    due: AtOrNull;
    date: string | null;
    last_open_day: string | null;
    firmness: string | null;
    standing: string | null;
    earlier: string[];
  };
  /** What evaluators said of items, kept under the digest of their proposal. */
  evaluation: {
    workflow_id: string;
    digest: string;
    item: string;
    result: string;
    reviewed: string[];
    note: string | null;
    by: string;
    at: At;
  };
  /** Results as they were proposed for publication, by their digest. */
  round_report: { workflow_id: string; digest: string; content: JsonColumn; made_at: At };
  /** Mails to providers: claimed before they are sent, so that none goes out twice unseen. */
  provider_mail: {
    key: string;
    workflow_id: string;
    kind: string;
    message_id: string;
    link: string | null;
    state: 'claimed' | 'sent' | 'unknown' | 'refused' | 'bounced';
    claimed_at: At;
    sent_at: AtOrNull;
    detail: string | null;
    /** The text that it had: document `notice/<notice>` of this version and hash; null for mails of earlier builds. */
    notice: string | null;
    notice_version: string | null;
    notice_hash: string | null;
    /** Sent again while nobody knew whether it had gone out: its reader may have it twice, as one message. */
    ambiguous: Generated<boolean>;
  };
}
