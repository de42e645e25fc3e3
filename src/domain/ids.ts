import { z } from 'zod';
import { Refusal } from './refusal.js';

/** Business keys: lower-case words, digits and hyphens; an incident (track) is a short code such as `B` or `B-2`. */
export const KeyPart = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'lower-case letters, digits and hyphens ／ 英小文字・数字・ハイフン');
export const IncidentCode = z
  .string()
  .regex(
    /^[A-Z0-9]+(?:-[A-Z0-9]+)*$/,
    'capital letters, digits and hyphens, e.g. B ／ 英大文字・数字・ハイフン（例: B）',
  );
export const PersonId = z
  .string()
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
    'the id of a person in the roster, e.g. duty-1 ／ 名簿にある人のID（例: duty-1）',
  );
/** A target of a measure: a function of the service map, or `<function>/<reference>` for one card or account. */
export const TargetId = z
  .string()
  .regex(
    /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[A-Za-z0-9-]+)?$/,
    'the id of a function in the service map, e.g. mijica-transfer ／ サービス一覧にある機能のID（例: mijica-transfer）',
  );

export type JobName = 'containment' | 'suspension' | 'guardSweep';

/** Workflow id of a containment: one for each function in an incident. */
export const containmentId = (incident: string, target: string) => `containment/${incident}/${target}`;
/** Workflow id of a suspension: named by whoever proposes it. */
export const suspensionId = (incident: string, name: string) => `suspension/${incident}/${name}`;

const FORMS = {
  containment: { form: 'containment/<incident>/<function>', example: 'containment/B/mijica-transfer' },
  suspension: { form: 'suspension/<incident>/<name>', example: 'suspension/B/mijica-transfer-1' },
} as const;

/** The parts of a workflow id of the given job; refuses another form with the right one. */
export function parseWorkflowId(job: keyof typeof FORMS, id: string): { incident: string; name: string } {
  const match = new RegExp(`^${job}/([A-Z0-9-]+)/([a-z0-9][a-zA-Z0-9/-]*)$`).exec(id);
  if (match) return { incident: match[1]!, name: match[2]! };
  const { form, example } = FORMS[job];
  throw new Refusal({
    en: `The workflow id must have the form ${form}. Start it again with an id such as ${example}.`,
    ja: `ワークフローIDは ${form} の形にしてください。例: ${example}。このIDで起動し直してください。`,
  });
}
