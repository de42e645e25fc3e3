import { dutyEntity, type OwedDuty } from './duty.js';
import type { ChannelState } from './holds.js';
import type { Instant } from './instant.js';
import type { Sentence } from './sentence.js';
import type { Entry, Transition } from './transition.js';

export interface Unheld {
  readonly target: string;
  readonly readBack: ChannelState;
}

export interface Findings {
  readonly unread: readonly string[];
  /** Functions that are stopped or restricted outside, and nothing of ours holds them. Absent in older histories. */
  readonly unheld?: readonly Unheld[];
  /** Inspections whose answers came in and found no workflow. Absent in older histories. */
  readonly unheard?: readonly string[];
  readonly orphans: readonly { readonly workflowId: string; readonly incident: string; readonly problem: string }[];
  readonly overdue: readonly OwedDuty[];
}

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
      kind: 'alarm.orphan',
      incident: orphan.incident,
      effectiveAt: at,
      content: { workflow: orphan.workflowId, problem: orphan.problem },
      rows: [
        {
          do: 'openTask',
          subject: `orphan:${orphan.workflowId}`,
          roles: ['dutyOfficer'],
          call: true,
          asks: {
            en: `Nobody looks after ${orphan.workflowId} any more (${orphan.problem}); its measure stays in effect. Run "hikeshi reconcile".`,
            ja: `${orphan.workflowId} を管理するワークフローがありません（${orphan.problem}）。措置は続いています。hikeshi reconcile を実行してください。`,
          },
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
    ...found.unread.map((target): Entry => ({
      entity: `function/${target}`,
      kind: 'alarm.notReadable',
      effectiveAt: at,
      content: { target },
      rows: [],
    })),
  ];
  return entries.map((entry, index) => ({ ...entry, sequence: index + 1, recordedAt: at }));
}

/** What a person does about a function that is stopped outside, and nothing of ours holds. */
export const unheldText = ({ target, readBack }: Unheld): Sentence => ({
  en: `${target} reads ${readBack}, and no measure of Hikeshi holds it: somebody else stopped it, or the register was restored and does not know the stop any more. If it must stay stopped, stop it with "hikeshi suspend emergency", so that it is looked after; if not, open it at the channel system.`,
  ja: `${target} は ${readBack} ですが、Hikeshi の措置はありません。ほかの人が停止したか、復元した台帳が停止を知らない状態です。停止を続けるなら hikeshi suspend emergency で停止して管理下に置き、不要なら業務システムで再開してください。`,
});
