import { Refusal } from '../domain/refusal.js';
import { authorise, rolesOf, type Role } from '../domain/roster.js';
import { isClosedByWord, taskHandled } from '../domain/task.js';
import { oneCloser } from '../store/duties.js';
import type { Db } from '../store/open.js';
import { record } from '../store/record.js';
import type { App, Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { commonOptions, type ActingFlags } from './options.js';
import { shellWord } from './output.js';
import { dryRunHeading } from './send.js';

export function tasksCloseCommand(app: App) {
  const common = commonOptions(app);
  return app
    .command('close', {
      en: 'say what was done about a task that no decision closes, e.g. a signal that could not be read',
      ja: '判断では完了しないタスク（読み取れなかったシグナルなど）を、対応内容を記録して完了にする',
    })
    .argument('<id>', app.t("as tasks shows it, e.g. 'suspension/B/stop-1#7.1'", "例: 'suspension/B/stop-1#7.1'"))
    .addOption(common.by)
    .addOption(common.reason)
    .addOption(common.dryRun('show what would be recorded', '記録する内容を表示する'))
    .action((id, flags) => app.run(flags, (context) => close(context, id, flags)));
}

/** The ready command of a task that closes by a person's word; a person fills in the capitals. */
export const closeTaskCommand = (id: string, subject: string): string | undefined =>
  isClosedByWord(subject) ? `npx hikeshi tasks close ${shellWord(id)} --by YOUR-ID --reason WHAT-WAS-DONE` : undefined;

/** The register takes it under a key of the task's own: the workflow that opened the task may be over. Again it changes nothing. */
async function close(context: Context, id: string, { by, reason, dryRun }: ActingFlags): Promise<Result> {
  requireFlags(
    { by, reason },
    `npx hikeshi tasks close ${shellWord(id)} --by duty-1 --reason 'The sender sent it again in the right form'`,
  );
  const db = await context.register();
  const { at } = await context.asking(modeOf(db, context.now()));
  const task = await context.asking(taskOf(db, id));
  const { roster, decisions } = (await context.documents()).documents;
  const held = rolesOf(roster, by!, at);
  const owner = task.roles.find((role) => held.includes(role)) ?? task.roles[0]!;
  const { role } = authorise(roster, decisions, { rule: 'task.close', verdict: 'done', by: by!, at, owner, votes: [] });
  const said = { by: by!, role, reason: reason!, rosterVersion: roster.version };
  const entry = taskHandled(task, said, at);
  if (!dryRun)
    await context.asking(
      oneCloser(context.store(), id, async () => {
        if ((await taskOf(db, id)).closedAt) return;
        await record(context.store(), {
          workflowId: `task/${id}`,
          job: 'task',
          incident: task.incident,
          stage: 'CLOSED',
          closed: true,
          needsHuman: false,
          state: { task: id },
          sequence: 1,
          transitions: [{ ...entry, sequence: 1, recordedAt: at }],
        });
      }),
    );
  return {
    data: { task: id, dryRun: dryRun ?? false, closed: !dryRun, ...said },
    page: (page) => {
      if (dryRun) dryRunHeading(page);
      page.raw(`${task.workflowId}   ${task.subject}   ${by!}`);
      if (!dryRun) page.text(page.t({ en: 'The task is closed.', ja: 'タスクを完了にしました。' }), 0, 'green');
    },
  };
}

async function taskOf(db: Db, id: string) {
  const row = await db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst();
  if (row)
    return {
      id,
      workflowId: row.workflow_id,
      incident: row.incident,
      subject: row.subject,
      roles: row.roles as Role[],
      closedAt: row.closed_at,
    };
  throw new Refusal({
    en: `The register holds no task "${id}". "hikeshi tasks" shows those that are open.`,
    ja: `台帳にタスク「${id}」はありません。未了のタスクは hikeshi tasks で確認してください。`,
  });
}
