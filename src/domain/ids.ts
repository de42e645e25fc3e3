import { z } from 'zod';
import { Refusal } from './refusal.js';

/** A name is part of workflow ids, of subjects of decisions and of keys in the register, and all of these have their limits. */
const MAX_ID = 100;

/** Business keys: lower-case words, digits and hyphens; an incident (track) is a short code such as `B` or `B-2`. */
export const KeyPart = z
  .string()
  .max(MAX_ID)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and hyphens ／ 英小文字・数字・ハイフン');
export const IncidentCode = z
  .string()
  .max(MAX_ID)
  .regex(
    /^[A-Z0-9]+(?:-[A-Z0-9]+)*$/,
    'capital letters, digits and hyphens, e.g. B ／ 英大文字・数字・ハイフン（例: B）',
  );
export const PersonId = z
  .string()
  .max(MAX_ID)
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'the id of a person in the roster, e.g. duty-1 ／ 名簿にある人のID（例: duty-1）',
  );
/** A target of a measure: a function of the service map, or `<function>/<reference>` for one card or account. */
export const TargetId = z
  .string()
  .max(MAX_ID)
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[A-Za-z0-9-]+)?$/,
    'the id of a function in the service map, e.g. mijica-transfer ／ サービス一覧にある機能のID（例: mijica-transfer）',
  );

export type JobName =
  | 'containment'
  | 'suspension'
  | 'guardSweep'
  | 'inspectionRound'
  | 'providerInspection'
  | 'evaluation'
  | 'improvement'
  | 'gapReview';

/** Workflow id of a containment: one for each function in an incident. */
export const containmentId = (incident: string, target: string) => `containment/${incident}/${target}`;
/** Workflow id of a suspension: named by whoever proposes it. */
export const suspensionId = (incident: string, name: string) => `suspension/${incident}/${name}`;
/** Workflow id of an inspection round, by its code, and of the inspection of one unit in it. */
export const roundId = (round: string) => `inspectionRound/${round}`;
export const inspectionId = (round: string, unit: string) => `providerInspection/${round}/${unit}`;
/** Workflow id of the third-party evaluation of a round. */
export const evaluationId = (round: string) => `evaluation/${round}`;
/** Workflow id of an improvement that goes with a round: named by whoever starts it. */
export const improvementId = (round: string, name: string) => `improvement/${round}/${name}`;
/**
 * Workflow id of the review of the gap list that a version of a framework leaves: one a version. A version is free text:
 * what an id should not hold is percent-encoded, and a very long one is cut, since Temporal takes at most 1,000 characters.
 */
export const gapReviewId = ({ framework, version }: { readonly framework: string; readonly version: string }) =>
  `gapReview/${framework}/${encodeURIComponent(version)}`.slice(0, 400);

const FORMS = {
  containment: { form: 'containment/<incident>/<function>', example: 'containment/B/mijica-transfer' },
  suspension: { form: 'suspension/<incident>/<name>', example: 'suspension/B/mijica-transfer-1' },
  providerInspection: { form: 'providerInspection/<round>/<unit>', example: 'providerInspection/R2020/c1' },
  inspectionRound: { form: 'inspectionRound/<round>', example: 'inspectionRound/R2020' },
  evaluation: { form: 'evaluation/<round>', example: 'evaluation/R2020' },
  improvement: { form: 'improvement/<round>/<name>', example: 'improvement/R2020/ivr-o1' },
} as const;
/** Jobs of which a round has one, so that its code is the whole name. */
const ONE_A_ROUND: readonly string[] = ['inspectionRound', 'evaluation'];

/** The parts of a workflow id of the given job; refuses another form with the right one. */
export function parseWorkflowId(job: keyof typeof FORMS, id: string): { incident: string; name: string } {
  const name = ONE_A_ROUND.includes(job) ? '()' : '/([a-z0-9][a-zA-Z0-9/-]*)';
  const match = new RegExp(`^${job}/([A-Z0-9-]+)${name}$`).exec(id);
  if (match) return { incident: match[1]!, name: match[2]! };
  const { form, example } = FORMS[job];
  throw new Refusal({
    en: `The workflow id must have the form ${form}. Start it again with an id such as ${example}.`,
    ja: `ワークフローIDは ${form} の形にしてください。例: ${example}。このIDで起動し直してください。`,
  });
}
