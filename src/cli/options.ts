import { Argument, Option } from '@commander-js/extra-typings';
import { ROLES, RoleSchema, type Role } from '../domain/roster.js';
import { Refusal } from '../domain/refusal.js';
import type { Sentence } from '../domain/sentence.js';
import type { App, OutputOptions } from './app.js';

/** Options that several commands have, each with the same words everywhere. */
export function commonOptions(app: App) {
  return {
    /** The workflow that a command is about. */
    workflow: new Argument(
      '<workflow-id>',
      app.t('e.g. suspension/B/mijica-transfer-1', '例: suspension/B/mijica-transfer-1'),
    ),
    by: new Option('--by <person>', app.t('your id in the roster', '名簿のあなたのID')),
    reason: new Option('--reason <text>', app.t('why', '理由')),
    incident: new Option('--incident <code>', app.t('incident (track), e.g. B', '事案。例: B')),
    failedControl: new Option('--failed-control <id>', app.t('the control that failed', '不備のあった対策')),
    onlyRole: new Option(
      '--role <role>',
      app.t(`only this role: ${Object.keys(ROLES).join(', ')}`, `この役割のみ: ${Object.keys(ROLES).join('、')}`),
    ),
    onlyIncident: new Option('--incident <code>', app.t('only this incident', 'この事案のみ')),
    /** The one JSON object that the command would make of its other options. */
    input: (en: string, ja: string) =>
      new Option('--input <json>', app.t(`${en}: JSON, a file, or -`, `${ja}: JSON、ファイル、または -`)),
    dryRun: (en: string, ja: string) => new Option('--dry-run', app.t(`${en}; do nothing`, `何も実施せず、${ja}`)),
  };
}

/** Flags of a command by which a person does something under his name. */
export interface ActingFlags extends OutputOptions {
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: true | undefined;
}

/** Flags of a list that is about all incidents and roles unless narrowed. */
export interface NarrowingFlags extends OutputOptions {
  readonly role?: string | undefined;
  readonly incident?: string | undefined;
}

/** Does something of this incident and these roles belong into the list? @throws Refusal for a role that does not exist */
export function narrowedBy({ role, incident }: NarrowingFlags): (its: string, roles: readonly Role[]) => boolean {
  if (role !== undefined && !RoleSchema.safeParse(role).success) throw new Refusal(noRole(role));
  return (its, roles) =>
    (incident === undefined || its === incident) && (role === undefined || roles.includes(role as Role));
}

const noRole = (role: string): Sentence => ({
  en: `There is no role "${role}". Use one of: ${Object.keys(ROLES).join(', ')}.`,
  ja: `「${role}」という役割はありません。次のいずれかを指定してください: ${Object.keys(ROLES).join('、')}。`,
});
