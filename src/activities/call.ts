import { holders, onDuty, type Role, type Roster } from '../domain/roster.js';
import type { Instant } from '../domain/instant.js';
import { localText } from '../domain/instant.js';
import { currentDocuments } from '../store/documents.js';
import type { ActivityDeps } from './deps.js';
import { zoneAt } from './zone.js';

export interface CallInput {
  readonly workflowId: string;
  readonly at: Instant;
}

/**
 * Calls by mail whoever has an open task of this workflow that nobody was called for yet. A task stays uncalled until the
 * relay took the mail over; the sweep calls again.
 * @returns how many tasks still wait for their call
 */
export async function callPeople(deps: ActivityDeps, { workflowId, at }: CallInput): Promise<{ uncalled: number }> {
  const { db } = deps.store;
  const tasks = await db
    .selectFrom('task')
    .selectAll()
    .where('workflow_id', '=', workflowId)
    .where('call', '=', true)
    .where('called_at', 'is', null)
    .where('closed_at', 'is', null)
    .orderBy('id')
    .execute();
  if (tasks.length === 0) return { uncalled: 0 };
  const { roster, playbook } = await currentDocuments(db);
  const zone = zoneAt(playbook.zone, at);
  let uncalled = 0;
  for (const task of tasks) {
    const people = peopleFor(roster, task.roles as Role[], at);
    const to = roster.people.filter(({ id }) => people.includes(id)).map(({ mail }) => mail);
    const due = task.due
      ? { en: ` Due ${localText(task.due, zone)}.`, ja: `期限: ${localText(task.due, zone)}。` }
      : { en: '', ja: '' };
    const json = task.send ? `\n${JSON.stringify(task.send)}` : '';
    const result = await deps.alerts.send({
      id: task.id,
      to,
      subject: {
        en: `Action needed: ${task.workflow_id} (${task.subject})`,
        ja: `対応が必要です: ${task.workflow_id}（${task.subject}）`,
      },
      body: { en: task.asks_en + due.en + json, ja: task.asks_ja + due.ja + json },
      link: deps.link(task.workflow_id),
      drill: deps.drill,
    });
    if (result.kind === 'sent') await db.updateTable('task').set({ called_at: at }).where('id', '=', task.id).execute();
    else uncalled++;
    await db
      .insertInto('attempt')
      .values({
        target: task.id,
        order_n: null,
        what: 'call',
        outcome: result.kind === 'sent' ? 'SENT' : result.detail,
      })
      .execute();
  }
  return { uncalled };
}

/** People to call for a task: for the duty officer, who is on the rota now and the second person; otherwise all holders of the roles. */
export function peopleFor(roster: Roster, roles: readonly Role[], at: Instant): string[] {
  const rota = onDuty(roster, at);
  const people = roles.flatMap((role) =>
    role === 'dutyOfficer' && rota ? [rota.person, rota.second] : holders(roster, role, at),
  );
  return [...new Set(people)];
}
