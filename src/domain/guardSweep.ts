import type { Instant } from './instant.js';
import type { Role } from './roster.js';
import type { Entry, Transition } from './transition.js';

export interface Findings {
  readonly unread: readonly string[];
  readonly orphans: readonly { readonly workflowId: string; readonly incident: string; readonly problem: string }[];
  readonly overdue: readonly {
    readonly id: string;
    readonly incident: string;
    readonly workflowId: string;
    readonly duty: string;
    readonly owner: Role;
    readonly due: Instant;
  }[];
}

/** What a sweep writes down: overdue duties, orphans and functions that nobody could read, each once with its task. */
export function sweepFindings(workflowId: string, found: Findings, at: Instant): Transition[] {
  const entries: Entry[] = [
    ...found.overdue.map((duty): Entry => ({
      entity: `duty/${duty.id}`,
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
            en: `The duty "${duty.duty}" of ${duty.workflowId} is overdue. Do it now, or say why not.`,
            ja: `${duty.workflowId} の「${duty.duty}」が期限を過ぎています。今すぐ行うか、行わない理由を示してください。`,
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
