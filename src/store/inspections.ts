import type { Selectable } from 'kysely';
import type { Instant } from '../domain/instant.js';
import type { ItemFile } from '../domain/providerInspection.js';
import type { Questionnaire } from '../domain/questionnaire.js';
import { accessLinksOf, type AccessLink } from './accessLinks.js';
import { evidenceOf, type EvidenceFile } from './evidence.js';
import type { Db } from './open.js';
import { questionnairesIn } from './questionnaires.js';
import type { Register } from './schema.js';
import { itemFiles, receiptsOf, type Receipt } from './submissions.js';

/** Everything that the register holds of one unit in a round. */
export interface KeptInspection {
  readonly row: Selectable<Register['inspection']>;
  /** By phase and id. */
  readonly items: readonly {
    readonly item: string;
    readonly phase: number;
    readonly class: string;
    readonly result: string;
  }[];
  /** What evaluators said, proposals that were returned included; oldest first. */
  readonly evaluations: readonly {
    readonly item: string;
    readonly digest: string;
    readonly result: string;
    readonly reviewed: readonly string[];
    readonly note: string | null;
    readonly by: string;
    readonly at: Instant;
  }[];
  /** What the provider sees; undefined until it was asked. */
  readonly questionnaire: Questionnaire | undefined;
  readonly links: readonly AccessLink[];
  readonly submissions: readonly Receipt[];
  readonly files: ReadonlyMap<string, EvidenceFile>;
  /** Which answer each of them came with, drafts left out; oldest first. */
  readonly given: readonly ItemFile[];
  readonly mails: readonly {
    readonly kind: string;
    readonly state: string;
    readonly at: Instant;
    /** The text that it had, and its version; null for mails of earlier builds. */
    readonly notice: string | null;
    readonly version: string | null;
    /** It may have gone out twice, as one message. */
    readonly ambiguous: boolean;
  }[];
  /** Mails of ours that came back. */
  readonly bounces: readonly { readonly mail: string; readonly at: Instant }[];
  /** Answers by mail, without what they say. */
  readonly replies: readonly {
    readonly from: string;
    readonly at: Instant;
    readonly attachments: number;
    /** A machine answered. */
    readonly automatic: boolean;
  }[];
  /** Failing items that two persons live with, or lived with, until a day. */
  readonly risks: readonly {
    readonly items: readonly string[];
    readonly functions: readonly string[];
    readonly by: readonly string[];
    readonly acceptedAt: Instant;
    readonly until: Instant;
    /** EXPIRED, SUPERSEDED, MENDED; null while it stands. */
    readonly ended: string | null;
    readonly endedAt: Instant | null;
  }[];
}

/** @returns undefined for an inspection that is not there */
export async function readInspection(db: Db, workflowId: string): Promise<KeptInspection | undefined> {
  const [row, items, evaluations, questionnaire, links, submissions, files, given, mails, bounces, replies, risks] =
    await Promise.all([
      db.selectFrom('inspection').selectAll().where('workflow_id', '=', workflowId).executeTakeFirst(),
      db
        .selectFrom('item_result')
        .select(['item', 'phase', 'class', 'result'])
        .where('workflow_id', '=', workflowId)
        .orderBy('phase')
        .orderBy('item')
        .execute(),
      db
        .selectFrom('evaluation')
        .select(['item', 'digest', 'result', 'reviewed', 'note', 'by', 'at'])
        .where('workflow_id', '=', workflowId)
        .orderBy('at')
        .orderBy('item')
        .execute(),
      questionnairesIn(db).of(workflowId),
      accessLinksOf(db, workflowId),
      receiptsOf(db, workflowId),
      evidenceOf(db, workflowId),
      itemFiles(db, workflowId),
      db
        .selectFrom('provider_mail')
        .select(['kind', 'state', 'claimed_at', 'sent_at', 'notice', 'notice_version as version', 'ambiguous'])
        .where('workflow_id', '=', workflowId)
        .orderBy('claimed_at')
        .execute(),
      db
        .selectFrom('timeline')
        .select(['content', 'effective_at as at'])
        .where('workflow_id', '=', workflowId)
        .where('kind', '=', 'alarm.mailBounced')
        .orderBy('sequence')
        .execute(),
      db
        .selectFrom('provider_reply')
        .select(['from', 'received_at as at', 'attachments', 'automatic'])
        .where('workflow_id', '=', workflowId)
        .orderBy('received_at')
        .orderBy('id')
        .execute(),
      db
        .selectFrom('risk_acceptance')
        .select(['items', 'functions', 'by', 'accepted_at as acceptedAt', 'until', 'ended', 'ended_at as endedAt'])
        .where('workflow_id', '=', workflowId)
        .orderBy('n')
        .execute(),
    ]);
  if (!row) return undefined;
  return {
    row,
    items,
    evaluations,
    questionnaire,
    links,
    submissions,
    files,
    given,
    mails: mails.map(({ claimed_at: claimed, sent_at: sent, ...mail }) => ({ ...mail, at: sent ?? claimed })),
    bounces: bounces.map(({ content, at }) => ({ mail: (content as { mail: string }).mail, at })),
    replies,
    risks,
  };
}
