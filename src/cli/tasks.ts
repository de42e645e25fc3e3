import type { Instant } from '../domain/instant.js';
import { ROLES, RoleSchema, type Role } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { Db } from '../store/open.js';
import { Refusal } from '../domain/refusal.js';
import type { App, Result } from './app.js';
import type { Context } from './context.js';
import { decideCommand, questionsOf, readJobs } from './jobs.js';
import { dueText, local, shellWord } from './output.js';

export interface OpenTask {
  readonly id: string;
  readonly workflowId: string;
  readonly incident: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  readonly asks: Sentence;
  readonly openedAt: Instant;
  readonly due?: Instant;
  readonly command?: string;
  readonly send?: object;
  readonly link: string;
}

export interface OpenDuty {
  readonly id: string;
  readonly workflowId: string;
  readonly incident: string;
  readonly duty: string;
  readonly owner: Role;
  readonly due: Instant;
  readonly arithmetic: string;
}

/** Open tasks, the most urgent first; what several sweeps said about the same thing counts once. */
export async function openTasks(db: Db, link: (workflowId: string) => string): Promise<OpenTask[]> {
  const rows = await db
    .selectFrom('task')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  const questions = (await readJobs(db)).flatMap(({ workflowId, of }) =>
    questionsOf(of).map(({ subject, verdicts }) => [`${workflowId} ${subject}`, verdicts] as const),
  );
  const verdictsOf = new Map(questions);
  const tasks = rows.map((row): OpenTask => {
    // The task of a sweep is about the workflow that it found without a run.
    const about = row.subject.startsWith('orphan:') ? row.subject.slice('orphan:'.length) : row.workflow_id;
    const send = row.send as { update?: string; json?: { subject: string; verdict: string; digest: string } } | null;
    return {
      id: row.id,
      workflowId: about,
      incident: row.incident,
      subject: row.subject,
      roles: row.roles as Role[],
      asks: { en: row.asks_en, ja: row.asks_ja },
      openedAt: row.opened_at,
      ...(row.due && { due: row.due }),
      ...(send && { send }),
      ...commandOf(about, row.subject, send, verdictsOf.get(`${about} ${row.subject}`)),
      link: link(about),
    };
  });
  return [...new Map(tasks.map((task) => [`${task.workflowId} ${task.subject}`, task])).values()].sort(byDue);
}

function commandOf(
  workflowId: string,
  subject: string,
  send: { update?: string; json?: { subject: string; verdict: string; digest: string } } | null,
  verdicts: readonly string[] | undefined,
): { command?: string } {
  if (send?.update === 'decide' && send.json)
    return { command: decideCommand(workflowId, send.json.subject, verdicts ?? [send.json.verdict], send.json.digest) };
  if (subject === 'reconcile' || subject.startsWith('orphan:'))
    return { command: `npx hikeshi reconcile ${shellWord(workflowId)} --dry-run` };
  return {};
}

export async function openDuties(db: Db): Promise<OpenDuty[]> {
  const rows = await db
    .selectFrom('duty')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('due')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    workflowId: row.workflow_id,
    incident: row.incident,
    duty: row.duty,
    owner: row.owner as Role,
    due: row.due,
    arithmetic: row.arithmetic,
  }));
}

/** What has no time limit comes last. */
export function byDue(a: { due?: Instant }, b: { due?: Instant }): number {
  const [first, second] = [a.due ?? '~', b.due ?? '~'];
  return first === second ? 0 : first < second ? -1 : 1;
}

export const DUTY_NAMES: Readonly<Record<string, Sentence>> = {
  customerNotice: { en: 'notice to customers', ja: 'お客さまへの通知' },
  disclosureDecision: { en: 'decision on disclosure of the stop', ja: '停止の公表の判断' },
  lossDisclosureDecision: { en: 'decision on disclosure of the loss', ja: '被害の公表の判断' },
  callDeskScript: { en: 'script for the call desk', ja: 'コールセンターの応答文' },
  stopScreenText: { en: 'text of the stop screen', ja: '停止画面の文言' },
  partnerNotice: { en: 'notice to partners', ja: '提携先への連絡' },
  filingAssessment: { en: 'assessment of filings', ja: '当局報告の要否判断' },
};

export function tasksCommand(app: App) {
  return app
    .command('tasks', {
      en: 'open tasks and duties, with the ready commands',
      ja: '未了のタスクと義務を、実行するコマンドとともに表示する',
    })
    .option(
      '--role <role>',
      app.t(`only this role: ${Object.keys(ROLES).join(', ')}`, `この役割のみ: ${Object.keys(ROLES).join('、')}`),
    )
    .option('--incident <code>', app.t('only this incident', 'この事案のみ'))
    .action((flags) => app.run(flags, (context) => tasks(context, flags)));
}

async function tasks(
  context: Context,
  flags: { role?: string | undefined; incident?: string | undefined },
): Promise<Result> {
  if (flags.role !== undefined && !RoleSchema.safeParse(flags.role).success) throw new Refusal(noRole(flags.role));
  const db = await context.register();
  const at = context.now();
  const zone = await context.zone();
  const fits = (incident: string, roles: readonly Role[]) =>
    (flags.incident === undefined || incident === flags.incident) &&
    (flags.role === undefined || roles.includes(flags.role as Role));
  const all = await context.asking(Promise.all([openTasks(db, (id) => context.link(id)), openDuties(db)]));
  const open = all[0].filter(({ incident, roles }) => fits(incident, roles));
  const duties = all[1].filter(({ incident, owner }) => fits(incident, [owner]));
  return {
    data: { at, tasks: open, duties },
    page: (page) => {
      const roleName = (role: Role) => page.t(ROLES[role]);
      page.heading(page.t({ en: `Tasks (${open.length})`, ja: `タスク（${open.length}件）` }));
      if (open.length === 0) page.text(page.t({ en: 'No open task.', ja: '未了のタスクはありません。' }), 2);
      for (const task of open) {
        const due = task.due && dueText(task.due, at, zone);
        page.raw();
        page.raw(
          `  ${page.paint(task.workflowId, 'bold')}   ${task.subject.startsWith('orphan:') ? 'reconcile' : task.subject}`,
        );
        page.raw(
          `  ${task.roles.map(roleName).join(', ')}${due ? `   ${page.t({ en: 'due', ja: '期限' })} ${due.overdue ? page.paint(page.t(due.text), 'red') : page.t(due.text)}` : ''}`,
        );
        page.text(page.t(task.asks), 2);
        if (task.command) page.code(task.command);
        page.raw(`    ${page.paint(task.link, 'dim')}`);
      }
      page.heading(page.t({ en: `Duties (${duties.length})`, ja: `義務（${duties.length}件）` }));
      if (duties.length === 0) return page.text(page.t({ en: 'No open duty.', ja: '未了の義務はありません。' }), 2);
      page.table(
        [
          page.t({ en: 'due', ja: '期限' }),
          page.t({ en: 'duty', ja: '義務' }),
          page.t({ en: 'owner', ja: '担当' }),
          page.t({ en: 'of', ja: '対象' }),
        ],
        duties.map((duty) => {
          const due = dueText(duty.due, at, zone);
          const when = page.narrow ? local(duty.due, zone) : page.t(due.text);
          return [
            due.overdue ? page.paint(when, 'red') : when,
            page.t(DUTY_NAMES[duty.duty] ?? { en: duty.duty, ja: duty.duty }),
            roleName(duty.owner),
            duty.workflowId,
          ];
        }),
      );
    },
  };
}

const noRole = (role: string): Sentence => ({
  en: `There is no role "${role}". Use one of: ${Object.keys(ROLES).join(', ')}.`,
  ja: `「${role}」という役割はありません。次のいずれかを指定してください: ${Object.keys(ROLES).join('、')}。`,
});
