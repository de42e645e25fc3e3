import { dutyEntity, type OwedDuty } from './duty.js';
import type { ChannelState } from './holds.js';
import type { Instant } from './instant.js';
import type { Sentence } from './sentence.js';
import type { Entry, Row, Transition } from './transition.js';

export interface Unheld {
  readonly target: string;
  readonly readBack: ChannelState;
}

/** A workflow that nobody looks after as the register says. */
export interface RunProblem {
  readonly workflowId: string;
  readonly incident: string;
  /** `STUCK`: Temporal gives it the same workflow task again and again, and it fails each time. */
  readonly problem: 'NO_RUN' | 'STUCK' | 'STAGE_DIFFERS';
}

/** A gap list that somebody owes a look at, and nobody can be asked. */
export interface UnaskedGaps {
  /** Workflow id of its review; `gapReview` when no list can be made at all. */
  readonly review: string;
  readonly why: Sentence;
}

export interface Findings {
  readonly unread: readonly string[];
  /** Those of them that could not be read at the sweep before either, and nobody was told yet. Absent in older histories. */
  readonly unreadable?: readonly string[];
  /** Functions that are stopped or restricted outside, and nothing of ours holds them. Absent in older histories. */
  readonly unheld?: readonly Unheld[];
  /** Inspections whose answers came in and found no workflow. Absent in older histories. */
  readonly unheard?: readonly string[];
  readonly orphans: readonly RunProblem[];
  /** Absent in older histories. */
  readonly unasked?: readonly UnaskedGaps[];
  readonly overdue: readonly OwedDuty[];
  /** Units to which nothing applied, and whose review is past. Absent in older histories. */
  readonly reviews?: readonly PastReview[];
}

/** A "not applicable" that nobody looked at again in time. */
export interface PastReview {
  readonly inspection: string;
  readonly unit: string;
  /** `YYYY-MM-DD`. */
  readonly review: string;
}

/** Each review is one: what is confirmed anew has another day. */
export const reviewName = ({ inspection, review }: PastReview) => `${inspection}#${review}`;

/** What a sweep writes down: overdue duties, orphans and functions that nobody could read, each once with its task. */
export function sweepFindings(workflowId: string, found: Findings, at: Instant): Transition[] {
  const entries: Entry[] = [
    ...found.overdue.map((duty): Entry => ({
      entity: dutyEntity(duty.id),
      kind: 'alarm.dutyOverdue',
      incident: duty.incident,
      effectiveAt: duty.due,
      content: { duty: duty.duty, owner: duty.owner, due: duty.due, of: duty.workflowId },
      rows: [
        { do: 'dutyAlarmed', id: duty.id },
        {
          do: 'openTask',
          subject: `duty:${duty.id}`,
          roles: [duty.owner],
          call: true,
          due: duty.due,
          asks: {
            en: `The duty "${duty.duty}" of ${duty.workflowId} is overdue. Do it now and close it with "hikeshi duty close", or say there why not.`,
            ja: `${duty.workflowId} の「${duty.duty}」が期限を過ぎています。今すぐ行って hikeshi duty close で完了にするか、そこで行わない理由を示してください。`,
          },
        },
      ],
    })),
    ...found.orphans.map((orphan): Entry => ({
      entity: orphan.workflowId,
      kind: orphan.problem === 'STUCK' ? 'alarm.stuck' : 'alarm.orphan',
      incident: orphan.incident,
      effectiveAt: at,
      content: { workflow: orphan.workflowId, problem: orphan.problem },
      rows: [
        {
          do: 'openTask',
          subject: `orphan:${orphan.workflowId}`,
          roles: ['dutyOfficer'],
          call: true,
          asks: orphanText(orphan),
        },
      ],
    })),
    ...(found.unheld ?? []).map(({ target, readBack }): Entry => ({
      entity: `function/${target}`,
      kind: 'alarm.stoppedWithoutHold',
      effectiveAt: at,
      content: { target, readBack },
      rows: [
        {
          do: 'openTask',
          subject: `unheld:${target}`,
          roles: ['dutyOfficer'],
          call: true,
          asks: unheldText({ target, readBack }),
        },
      ],
    })),
    ...(found.unheard ?? []).map((inspection): Entry => ({
      entity: inspection,
      kind: 'alarm.answersUnheard',
      incident: inspection.split('/')[1] ?? '-',
      effectiveAt: at,
      content: { inspection },
      rows: [
        {
          do: 'openTask',
          subject: `unheard:${inspection}`,
          roles: ['providerManager'],
          call: true,
          asks: {
            en: `Answers for ${inspection} came in and are kept, but no inspection runs that takes them. Look whether its round is closed; if not, run "hikeshi reconcile".`,
            ja: `${inspection} への回答を受領し保管していますが、受け取る点検が動いていません。点検が終了済みか確認し、終了していなければ hikeshi reconcile を実行してください。`,
          },
        },
      ],
    })),
    ...(found.unasked ?? []).map(({ review, why }): Entry => ({
      entity: review,
      kind: 'alarm.gapListNotAsked',
      effectiveAt: at,
      content: { review },
      rows: [
        {
          do: 'openTask',
          subject: `gaps:${review}`,
          roles: ['ciso', 'compliance'],
          call: true,
          asks: {
            en: `A newer version of a framework may leave gaps, but nobody can be asked to look at them (${review}). ${why.en} Publish what mends it with "hikeshi playbook publish"; the next sweep asks.`,
            ja: `基準の新しい版に差分がある可能性がありますが、確認を始められません（${review}）。${why.ja}修正した文書を hikeshi playbook publish で公開してください。次の見回りで始まります。`,
          },
        },
      ],
    })),
    ...(found.reviews ?? []).map(({ inspection, unit, review }): Entry => ({
      entity: inspection,
      kind: 'alarm.notApplicableReview',
      incident: inspection.split('/')[1] ?? '-',
      effectiveAt: at,
      content: { inspection, review },
      rows: [
        {
          do: 'openTask',
          subject: `review:${reviewName({ inspection, unit, review })}`,
          roles: ['compliance'],
          call: true,
          asks: {
            en: `That nothing applies to ${unit} was to be looked at again by ${review}. Look at its service form in providers.yaml; then reopen the result with "hikeshi inspection reopen" and confirm it anew, or start a new round.`,
            ja: `${unit} の「該当項目なし」は ${review} までに見直すことになっています。providers.yaml のサービス形態を確認し、hikeshi inspection reopen で結果を戻して改めて確認するか、新しい点検を始めてください。`,
          },
        },
      ],
    })),
    ...found.unread.map((target): Entry => ({
      entity: `function/${target}`,
      kind: 'alarm.notReadable',
      effectiveAt: at,
      content: { target },
      rows: found.unreadable?.includes(target) ? [unreadableTask(target)] : [],
    })),
  ];
  return entries.map((entry, index) => ({ ...entry, sequence: index + 1, recordedAt: at }));
}

function orphanText({ workflowId, problem }: RunProblem): Sentence {
  if (problem === 'STUCK')
    return {
      en: `${workflowId} stands still (STUCK): the same step fails again and again. What is stopped stays stopped, and nothing else happens. Run "hikeshi reconcile"; where many stand still since the workers were upgraded, bring the earlier version back first.`,
      ja: `${workflowId} が先に進めません（STUCK）。同じ処理に失敗し続けています。停止中の機能は停止のままですが、ほかは何も行われません。hikeshi reconcile を実行してください。ワーカーの更新後に多数で起きている場合は、先に元の版へ戻してください。`,
    };
  return {
    en: `Nobody looks after ${workflowId} any more (${problem}); its measure stays in effect. Run "hikeshi reconcile".`,
    ja: `${workflowId} を管理するワークフローがありません（${problem}）。措置は続いています。hikeshi reconcile を実行してください。`,
  };
}

/** One that a sweep could not read is read by the next; one that stays unread is a matter for a person. */
const unreadableTask = (target: string): Row => ({
  do: 'openTask',
  subject: `unreadable:${target}`,
  roles: ['dutyOfficer'],
  call: true,
  asks: {
    en: `${target} could not be read at two sweeps one after the other: nobody knows whether it still obeys. See whether the channel system answers ("hikeshi status"), and look there how ${target} stands; if it runs and must not, have it stopped there by hand. This task closes by itself when ${target} can be read again.`,
    ja: `${target} の状態を続けて2回の見回りで確認できず、指示どおりかどうか分かりません。業務システムが応答しているかを hikeshi status で確かめ、${target} の状態を業務システムで確認してください。停止すべきなのに動いていれば、業務システムで手作業により停止してください。再び確認できれば、このタスクは自動的に完了します。`,
  },
});

/** What a person does about a function that is stopped outside, and nothing of ours holds. */
export const unheldText = ({ target, readBack }: Unheld): Sentence => ({
  en: `${target} reads ${readBack}, and no measure of Hikeshi holds it: somebody else stopped it, or the register was restored and does not know the stop any more. If it must stay stopped, stop it with "hikeshi suspend emergency", so that it is looked after; if not, open it at the channel system.`,
  ja: `${target} は ${readBack} ですが、Hikeshi の措置はありません。ほかの人が停止したか、復元した台帳が停止を知らない状態です。停止を続けるなら hikeshi suspend emergency で停止して管理下に置き、不要なら業務システムで再開してください。`,
});
