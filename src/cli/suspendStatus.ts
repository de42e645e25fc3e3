import type { Instant, Zone } from '../domain/instant.js';
import { wantedState } from '../domain/holds.js';
import type { Sentence } from '../domain/sentence.js';
import { differsIn, lookUp, type Differs } from '../domain/serviceMap.js';
import { isSettled, type SuspensionPreview, type SuspensionState } from '../domain/suspension.js';
import { toldApart } from '../domain/wording/function.js';
import { targetReads, wasOrdered } from '../domain/wording/suspension.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { questionsOf, standingOf, waiting, type JobState, type OpenJob, type Shown, type Waiting } from './jobs.js';
import { dueText, localSeconds, type Page } from './output.js';
import { showPreview } from './suspendPreview.js';

/** Every target is read back, done by hand, or skipped: nothing is left to wait for in front of the screen. */
export function targetsHeld({ of }: OpenJob): boolean {
  return of.job === 'suspension' && of.state.phase === 'ordered' && Object.values(of.state.targets).every(isSettled);
}

interface TargetLine extends Differs {
  readonly target: string;
  readonly status: string;
  /** What the status is, or what was read back, in words. */
  readonly reads: Sentence;
  /** Absent: nothing was ordered yet. */
  readonly orderedAt?: Instant;
  readonly executedAt?: Instant;
  readonly verifiedAt?: Instant;
  readonly order?: number;
  readonly readBack?: string;
  readonly late: boolean;
  readonly problem?: string;
  /** What all open holds together ask for. */
  readonly wanted: string;
  /** Other suspensions that hold the function now. */
  readonly alsoHeldBy: readonly string[];
}

/** How suspensions and containments stand, with the decisions that they wait for. */
export async function standingResult(context: Context, jobs: readonly OpenJob[]): Promise<Result> {
  const at = context.now();
  const zone = await context.zone();
  const { documents } = await context.documents();
  const db = await context.register();
  const holds = await context.asking(
    db
      .selectFrom('hold')
      .select(['workflow_id as suspension', 'target', 'measure'])
      .where('released_at', 'is', null)
      .orderBy('workflow_id')
      .execute(),
  );
  const targetsOf = (state: SuspensionState): TargetLine[] =>
    Object.entries(state.targets).map(([target, standing]) => {
      const held = holds.filter((hold) => hold.target === target);
      const { status, orderedAt, executedAt, verifiedAt, order, readBack, late, problem } = standing;
      const fn = lookUp(documents.services, target);
      return {
        target,
        ...(fn && differsIn(fn)),
        status,
        reads: targetReads(state, standing),
        ...(wasOrdered(state) && { orderedAt }),
        ...(executedAt && { executedAt }),
        ...(verifiedAt && { verifiedAt }),
        ...(order !== undefined && { order }),
        ...(readBack !== undefined && { readBack }),
        late,
        ...(problem !== undefined && status !== 'settled' && { problem }),
        wanted: wantedState(held).state,
        alsoHeldBy: held.map(({ suspension }) => suspension).filter((id) => id !== state.id),
      };
    });
  const shown = jobs.map((job) => ({
    workflowId: job.workflowId,
    job: job.of.job,
    incident: job.incident,
    stage: job.stage,
    standing: standingOf(job.of),
    targets: job.of.job === 'suspension' ? targetsOf(job.of.state) : [],
    ...previewOf(job.of),
    waitsFor: questionsOf(job.of).map((question) =>
      waiting(job, question, documents, at, context.link(job.workflowId)),
    ),
    link: context.link(job.workflowId),
  }));
  return {
    data: { at, workflows: shown },
    page: (page) => {
      if (shown.length === 0)
        page.text(
          page.t({ en: 'Nothing is stopped, restricted or to be decided.', ja: '停止・制限・判断待ちはありません。' }),
        );
      for (const job of shown) {
        page.heading(`${job.workflowId}   ${job.stage}`);
        page.text(page.t(job.standing), 2);
        if (job.targets.length > 0)
          showTargets(page, job.targets, (instant) =>
            instant ? localSeconds(instant, zone).slice(page.narrow ? 'yyyy-'.length : 0) : '-',
          );
        if (job.preview && shown.length === 1) showPreview(page, job.preview, { documents, zone });
        for (const question of job.waitsFor) showWaiting(page, question, at, zone);
        page.raw(`  ${page.paint(job.link, 'dim')}`);
      }
    },
  };
}

/** What somebody has to approve or ratify, as far as that is so. */
export function previewOf({ job, state }: JobState): { readonly preview?: SuspensionPreview } {
  return job === 'suspension' && state.preview ? { preview: state.preview } : {};
}

function showTargets(page: Page, targets: readonly TargetLine[], time: (at?: Instant) => string): void {
  page.raw();
  page.table(
    [
      page.t({ en: 'target', ja: '対象' }),
      page.t({ en: 'ordered', ja: '指示' }),
      page.t({ en: 'executed', ja: '実行' }),
      page.t({ en: 'verified', ja: '確認' }),
      page.t({ en: 'order', ja: '指示番号' }),
      page.t({ en: 'reads', ja: '確認結果' }),
    ],
    targets.map((line) => [
      page.t(toldApart({ en: line.target, ja: line.target }, line)),
      time(line.orderedAt),
      time(line.executedAt),
      time(line.verifiedAt),
      line.order === undefined ? '-' : String(line.order),
      page.t(line.reads),
    ]),
  );
  for (const { target, problem, late, alsoHeldBy } of targets) {
    if (problem !== undefined || late)
      page.text(
        `! ${target}: ${problem ?? page.t({ en: 'not proven in time', ja: '期限内に確認できません' })}`,
        2,
        'red',
      );
    if (alsoHeldBy.length > 0)
      page.text(
        `${target} ${page.t({ en: 'is also held by', ja: 'は次の措置でも保持されています:' })} ${alsoHeldBy.join(', ')}`,
        2,
      );
  }
}

/**
 * A decision that waits: the sentence, until when, who may, and the command to copy.
 * @param options brief: among others on one screen; send: with the JSON for the Web UI, and the link to where it is sent
 */
export function showWaiting(
  page: Page,
  question: Shown,
  now: Instant,
  zone: Zone,
  { brief = false, send = false }: { brief?: boolean; send?: boolean } = {},
): void {
  const due = question.due ? dueText(question.due, now, zone) : undefined;
  page.raw();
  page.raw(
    `  ${brief ? `${page.paint(question.workflowId, 'bold')}   ` : ''}${page.paint(question.subject, 'bold')}${
      due
        ? `   ${page.t({ en: 'due', ja: '期限' })} ${page.paint(page.t(due.text), due.overdue ? 'red' : 'yellow')}`
        : ''
    }`,
  );
  page.text(page.t(question.asks), 2);
  if (!brief) page.text(page.t(question.otherwise), 2, 'dim');
  const who = page.t({ en: 'who may', ja: '判断できる人' });
  for (const { verdicts, people } of together(question.mayDecide))
    page.text(
      `${page.paint(verdicts.join(' | '), 'bold')}   ${who}: ${people.join(', ') || page.t({ en: 'nobody now', ja: '現在該当者なし' })}`,
      2,
    );
  page.code(question.command);
  if (!send || !question.json) return;
  page.code(JSON.stringify(question.json));
  page.raw(`    ${page.paint(question.link, 'dim')}`);
}

/** Verdicts that the same people may give stand on one line. */
function together(mayDecide: Waiting['mayDecide']): { verdicts: string[]; people: readonly string[] }[] {
  const groups = new Map<string, { verdicts: string[]; people: readonly string[] }>();
  for (const [verdict, people] of Object.entries(mayDecide)) {
    const key = people.join(',');
    const group = groups.get(key) ?? { verdicts: [], people };
    group.verdicts.push(verdict);
    groups.set(key, group);
  }
  return [...groups.values()];
}
