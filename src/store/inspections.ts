import type { Selectable } from 'kysely';
import type { Instant } from '../domain/instant.js';
import type { Questionnaire } from '../domain/questionnaire.js';
import { accessLinksOf, type AccessLink } from './accessLinks.js';
import { evidenceOf, type EvidenceFile } from './evidence.js';
import type { Db } from './open.js';
import { questionnairesIn } from './questionnaires.js';
import type { Register } from './schema.js';
import { receiptsOf, type Receipt } from './submissions.js';

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
  readonly mails: readonly { readonly kind: string; readonly state: string; readonly at: Instant }[];
}

/** @returns undefined for an inspection that is not there */
export async function readInspection(db: Db, workflowId: string): Promise<KeptInspection | undefined> {
  const [row, items, evaluations, questionnaire, links, submissions, files, mails] = await Promise.all([
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
    db
      .selectFrom('provider_mail')
      .select(['kind', 'state', 'claimed_at', 'sent_at'])
      .where('workflow_id', '=', workflowId)
      .orderBy('claimed_at')
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
    mails: mails.map(({ kind, state, claimed_at: claimed, sent_at: sent }) => ({ kind, state, at: sent ?? claimed })),
  };
}
