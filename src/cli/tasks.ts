import type { Instant } from '../domain/instant.js';
import { ROLES, type Role } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import { splitSubject } from '../domain/suspension.js';
import { readDuties } from '../store/duties.js';
import type { Db } from '../store/open.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { closeCommand, showDuties } from './duty.js';
import { inspectionCommand } from './inspectionTasks.js';
import { decideCommand, questionsOf, readJobs } from './jobs.js';
import { commonOptions, narrowedBy, type NarrowingFlags } from './options.js';
import { dueText, shellWord } from './output.js';
import { closeTaskCommand, tasksCloseCommand } from './tasksClose.js';

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

/** Open tasks, the most urgent first; what several sweeps said about the same thing counts once. */
export async function openTasks(db: Db, link: (workflowId: string) => string): Promise<OpenTask[]> {
  const rows = await db
    .selectFrom('task')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('opened_at')
    .orderBy('id')
    .execute();
  const questions = (await readJobs(db, { waiting: true })).flatMap(({ workflowId, of }) =>
    questionsOf(of).map(({ subject, verdicts }) => [`${workflowId} ${subject}`, verdicts] as const),
  );
  const verdictsOf = new Map(questions);
  const tasks = rows.map((row): OpenTask => {
    const about = aboutOf(row);
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
      ...commandOf(row.id, about, row.subject, send, verdictsOf.get(`${about} ${row.subject}`)),
      link: link(about),
    };
  });
  return [...new Map(tasks.map((task) => [`${task.workflowId} ${task.subject}`, task])).values()].sort(byDue);
}

/** The task of a sweep is about the workflow that it found without a run, or whose duty is overdue. */
function aboutOf({ subject, workflow_id }: { subject: string; workflow_id: string }): string {
  const [kind, part = ''] = splitSubject(subject);
  if (kind === 'orphan') return part;
  return kind === 'duty' || kind === 'review' ? part.split('#')[0]! : workflow_id;
}

/** What a sweep's task is about is named beside it already. */
function shownSubject(subject: string): string {
  const [kind] = splitSubject(subject);
  if (kind === 'orphan') return 'reconcile';
  return kind === 'duty' || kind === 'review' ? kind : subject;
}

function commandOf(
  id: string,
  workflowId: string,
  subject: string,
  send: { update?: string; json?: { subject: string; verdict: string; digest: string } } | null,
  verdicts: readonly string[] | undefined,
): { command?: string } {
  if (send?.update === 'decide' && send.json)
    return { command: decideCommand(workflowId, send.json.subject, verdicts ?? [send.json.verdict], send.json.digest) };
  if (subject === 'reconcile' || subject.startsWith('orphan:'))
    return { command: `npx hikeshi reconcile ${shellWord(workflowId)} --dry-run` };
  if (subject.startsWith('gaps:')) return { command: 'npx hikeshi framework gaps' };
  if (subject.startsWith('duty:')) return { command: closeCommand(subject.slice('duty:'.length)) };
  if (workflowId.startsWith('inboundMail/')) return { command: `npx hikeshi mail show ${workflowId.split('/')[1]}` };
  const command = closeTaskCommand(id, subject) ?? inspectionCommand(workflowId, subject, send);
  return command === undefined ? {} : { command };
}

/** What has no time limit comes last. */
export function byDue(a: { due?: Instant }, b: { due?: Instant }): number {
  const [first, second] = [a.due ?? '~', b.due ?? '~'];
  return first === second ? 0 : first < second ? -1 : 1;
}

export function tasksCommand(app: App, ...word: Word) {
  const common = commonOptions(app);
  return (
    app
      .command(...word)
      .addOption(common.onlyRole)
      .addOption(common.onlyIncident)
      .action((flags) => app.run(flags, (context) => tasks(context, flags)))
      // What stands behind "close" is meant for it.
      .enablePositionalOptions()
      .addCommand(tasksCloseCommand(app))
  );
}

async function tasks(context: Context, flags: NarrowingFlags): Promise<Result> {
  const fits = narrowedBy(flags);
  const db = await context.register();
  const at = context.now();
  const zone = await context.zone();
  const all = await context.asking(Promise.all([openTasks(db, (id) => context.link(id)), readDuties(db)]));
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
        page.raw(`  ${page.paint(task.workflowId, 'bold')}   ${shownSubject(task.subject)}`);
        page.raw(
          `  ${task.roles.map(roleName).join(', ')}${due ? `   ${page.t({ en: 'due', ja: '期限' })} ${due.overdue ? page.paint(page.t(due.text), 'red') : page.t(due.text)}` : ''}`,
        );
        page.text(page.t(task.asks), 2);
        if (task.command) page.code(task.command);
        page.raw(`    ${page.paint(task.link, 'dim')}`);
      }
      showDuties(page, duties, at, zone);
      if (duties.length > 0) page.code('npx hikeshi duty list', 2);
    },
  };
}
