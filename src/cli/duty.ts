import {
  closeDuty,
  CloseDutyInput,
  dutyReceipt,
  type Duties,
  type DutyReceipt,
  type OwedDuty,
} from '../domain/duty.js';
import { examples } from '../domain/examples.js';
import { parseInput } from '../domain/input.js';
import type { Instant, Zone } from '../domain/instant.js';
import { Refusal } from '../domain/refusal.js';
import { authorise, ROLES, type Role } from '../domain/roster.js';
import { DUTY_NAMES, notOwed } from '../domain/wording/duty.js';
import { closingOf, oneCloser, readDuties } from '../store/duties.js';
import type { Db } from '../store/open.js';
import { record } from '../store/record.js';
import type { App, Result, Word } from './app.js';
import { modeOf } from './clock.js';
import { UPDATE_MS, type Context } from './context.js';
import { requireFlags } from './input.js';
import { commonOptions, narrowedBy, type ActingFlags, type NarrowingFlags } from './options.js';
import { dueText, local, shellWord, wrapped, type Page } from './output.js';

/** Columns of a name on a screen of 80, beside a due time and an id of a suspension. */
const NARROW_CELL = 14;

export function dutyCommands(app: App, ...word: Word) {
  const common = commonOptions(app);
  const group = app.group(...word);
  group.addCommand(
    app
      .command('list', { en: 'open duties with their ids', ja: '未了の義務をIDとともに表示する' })
      .addOption(common.onlyRole)
      .addOption(common.onlyIncident)
      .option('--all', app.t('closed ones too', '完了したものも表示する'))
      .action((flags) => app.run(flags, (context) => list(context, flags))),
  );
  group.addCommand(
    app
      .command('close', {
        en: 'say that a duty is done, or why it is not needed; only for its owner',
        ja: '義務を完了にする（行わない場合はその理由を記録する）。担当者のみ',
      })
      .argument('<id>', app.t(`e.g. '${examples.closeDuty.duty}'`, `例: '${examples.closeDuty.duty}'`))
      .addOption(common.by)
      .addOption(common.reason)
      .addOption(common.dryRun('show what would be recorded', '記録する内容を表示する'))
      .action((id, flags) => app.run(flags, (context) => close(context, id, flags))),
  );
  return group;
}

/** The ready command; a person fills in the capitals. */
export const closeCommand = (id: string) => `npx hikeshi duty close ${shellWord(id)} --by YOUR-ID --reason WHY`;

async function list(context: Context, flags: NarrowingFlags & { all?: true | undefined }): Promise<Result> {
  const fits = narrowedBy(flags);
  const db = await context.register();
  const { at } = await context.asking(modeOf(db, context.now()));
  const zone = await context.zone();
  const all = await context.asking(readDuties(db, { closed: flags.all ?? false }));
  const duties = all.filter(({ incident, owner }) => fits(incident, [owner]));
  return {
    data: { at, duties },
    page: (page) => {
      showDuties(page, duties, at, zone, { ids: true });
      const open = duties.find(({ closedAt }) => !closedAt);
      if (open) page.code(closeCommand(open.id), 2);
    },
  };
}

/** Duties as a table, the most urgent first. */
export function showDuties(
  page: Page,
  duties: readonly OwedDuty[],
  at: Instant,
  zone: Zone,
  { ids = false }: { ids?: boolean } = {},
): void {
  page.heading(page.t({ en: `Duties (${duties.length})`, ja: `義務（${duties.length}件）` }));
  if (duties.length === 0) return page.text(page.t({ en: 'No open duty.', ja: '未了の義務はありません。' }), 2);
  const cell = (text: string) => (page.narrow ? wrapped(text, NARROW_CELL).join('\n') : text);
  page.table(
    [
      page.t({ en: 'due', ja: '期限' }),
      page.t({ en: 'duty', ja: '義務' }),
      page.t({ en: 'owner', ja: '担当' }),
      ids ? 'ID' : page.t({ en: 'of', ja: '対象' }),
    ],
    duties.map(({ id, workflowId, duty, owner, due, closedAt }) => [
      whenOf(page, { due, closedAt }, at, zone),
      cell(page.t(DUTY_NAMES[duty])),
      cell(page.t(ROLES[owner])),
      ids ? id : workflowId,
    ]),
  );
}

function whenOf(
  page: Page,
  { due, closedAt }: { due: Instant; closedAt: Instant | undefined },
  at: Instant,
  zone: Zone,
): string {
  if (closedAt)
    return page.paint(page.t({ en: `closed ${local(closedAt, zone)}`, ja: `完了 ${local(closedAt, zone)}` }), 'dim');
  const { text, overdue } = dueText(due, at, zone);
  const when = page.narrow ? local(due, zone) : page.t(text);
  return overdue ? page.paint(when, 'red') : when;
}

async function close(context: Context, id: string, { by, reason, dryRun }: ActingFlags): Promise<Result> {
  requireFlags(
    { by, reason },
    `npx hikeshi duty close ${shellWord(id)} --by customer-service-1 --reason 'The notice went out'`,
  );
  const input = parseInput(CloseDutyInput, { v: 1, duty: id, by, reason }, examples.closeDuty);
  const db = await context.register();
  const [duty] = await context.asking(readDuties(db, { id, closed: true }));
  if (!duty)
    throw new Refusal(
      notOwed(
        id,
        (await context.asking(readDuties(db))).map((open) => open.id),
      ),
    );
  const first = await receiptOf(db, duty);
  if (first) return closed(duty, first);
  const asked = await mayBeAsked(db, duty);
  if (dryRun) return plan(context, duty, input, asked);
  return closed(duty, asked ? await ask(context, duty, input) : await enter(context, duty, input));
}

/** The receipt of a duty that is closed already. */
async function receiptOf(db: Db, { id, closedAt }: OwedDuty): Promise<DutyReceipt | undefined> {
  const closing = closedAt && (await closingOf(db, id));
  return closing && dutyReceipt(id, closing);
}

/** Does the workflow that opened the duty still run, and know it? */
async function mayBeAsked(db: Db, { id, workflowId }: OwedDuty): Promise<boolean> {
  const job = await db
    .selectFrom('job')
    .select(['closed', 'state'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirst();
  return job?.closed === false && (job.state as { duties?: Duties }).duties?.[id] !== undefined;
}

async function ask(context: Context, { workflowId }: OwedDuty, input: CloseDutyInput): Promise<DutyReceipt> {
  const client = await context.temporal();
  return client.withDeadline(Date.now() + UPDATE_MS, () =>
    client.workflow.getHandle(workflowId).executeUpdate<DutyReceipt, [CloseDutyInput]>('closeDuty', { args: [input] }),
  );
}

/** The duty has outlived its workflow: the register takes the closing under a key of the duty's own. */
async function enter(context: Context, duty: OwedDuty, input: CloseDutyInput): Promise<DutyReceipt> {
  const { role, rosterVersion, at } = await ownerOf(context, duty, input.by);
  const store = context.store();
  return oneCloser(store, duty.id, async () => {
    const [now] = await readDuties(store.db, { id: duty.id, closed: true });
    const first = now && (await receiptOf(store.db, now));
    if (first) return first;
    const duties: Duties = { [duty.id]: duty };
    const alone = { id: duty.workflowId, sequence: 0, duties };
    const { state, entries } = closeDuty(alone, input, { role, rosterVersion }, at);
    await record(store, {
      workflowId: `duty/${duty.id}`,
      job: 'duty',
      incident: duty.incident,
      stage: 'CLOSED',
      closed: true,
      needsHuman: false,
      state: { duty: duty.id },
      sequence: 1,
      transitions: entries.map((entry) => ({ ...entry, sequence: 1, recordedAt: at })),
    });
    return dutyReceipt(duty.id, state.duties[duty.id]!.closed!);
  });
}

/** The role in which a person closes the duty, as of now. @throws Refusal for anybody but its owner */
async function ownerOf(context: Context, { duty, owner }: OwedDuty, by: string) {
  const { roster, decisions } = (await context.documents()).documents;
  const { at } = await context.asking(modeOf(await context.register(), context.now()));
  const { role } = authorise(roster, decisions, { rule: `duty.${duty}`, verdict: 'done', by, at, owner, votes: [] });
  return { role, rosterVersion: roster.version, at };
}

async function plan(context: Context, duty: OwedDuty, input: CloseDutyInput, asked: boolean): Promise<Result> {
  const { role, at } = await ownerOf(context, duty, input.by);
  const late = at > duty.due;
  return {
    data: { dryRun: true, duty, input, role, late, ...(asked && { update: 'closeDuty', workflowId: duty.workflowId }) },
    page: (page) => {
      page.heading(page.t({ en: 'DRY RUN: nothing is done', ja: '確認のみ（何も実施しません）' }), 'yellow');
      page.text(page.t(would(duty, input.by, role)));
      if (late)
        page.text(
          page.t({
            en: 'It is overdue and would be recorded as late.',
            ja: '期限を過ぎているため、遅延として記録します。',
          }),
          0,
          'yellow',
        );
      if (asked) page.code(JSON.stringify(input), 2);
    },
  };
}

const would = ({ duty, workflowId }: OwedDuty, by: string, role: Role) => ({
  en: `The duty "${DUTY_NAMES[duty].en}" of ${workflowId} would be closed by ${by} (${ROLES[role].en}).`,
  ja: `${workflowId} の義務「${DUTY_NAMES[duty].ja}」を ${by}（${ROLES[role].ja}）の名で完了にします。`,
});

function closed(duty: OwedDuty, receipt: DutyReceipt): Result {
  return {
    data: { workflowId: duty.workflowId, receipt },
    page: (page) => {
      page.text(page.t(receipt.message), 0, receipt.late ? 'yellow' : 'green');
      page.raw(`${duty.id}   ${page.t(DUTY_NAMES[duty.duty])}   ${receipt.by}   ${receipt.reason}`);
    },
  };
}
