import { type Instant, localText, type Zone } from './instant.js';
import type { SuspensionState } from './suspension/state.js';
import type { Row } from './transition.js';

/**
 * People look why a case is confirmed on what is stopped (C-08). Further cases while they look bring no second call: the
 * timeline and `status` have them.
 */
export function lookAtLossAfterStop(target: string, occurredAt: Instant, zone: Zone): Row {
  const when = localText(occurredAt, zone);
  return {
    do: 'openTask',
    subject: `lossAfterStop:${target}`,
    roles: ['dutyOfficer', 'incidentCommander'],
    call: true,
    once: true,
    asks: {
      en: `A loss on ${target}, which is stopped, was confirmed; it occurred ${when}. "hikeshi suspend status" shows when the stop was executed. Did the case occur before that, the stop holds, and nothing more is to be done here. Did it occur after, losses go on despite the stop: they come another way, or the channel system reads as stopped and is not. Have a real request tried there, and stop every other way with "hikeshi suspend emergency". Then close this task with what you found: "hikeshi tasks" shows the command.`,
      ja: `停止中の ${target} で被害を確認しました（発生は ${when}）。停止を実行した時刻は hikeshi suspend status で確認してください。発生がそれより前なら停止は効いており、ここでの対応は不要です。後なら、停止しても被害が続いています。別の経路での被害か、業務システムが停止と答えながら実際には動いています。実際の要求が拒否されるかを業務システムで確かめ、別の経路は hikeshi suspend emergency で停止してください。分かったことを記録して、このタスクを完了にしてください（コマンドは hikeshi tasks に表示されます）。`,
    },
  };
}

interface Case {
  readonly target: string;
  readonly occurredAt: Instant;
}

/**
 * Functions with a case that occurred after their stop was executed: the stop does not hold, or is not the only way in.
 * Before the first measure that stops it is executed, a function runs.
 */
export function stoppedInVain(losses: readonly Case[], suspensions: readonly SuspensionState[]): string[] {
  const hit = losses.filter(({ target, occurredAt }) => {
    const stoppedAt = suspensions.flatMap((stop) => executedAt(stop, target)).sort()[0];
    return stoppedAt !== undefined && occurredAt > stoppedAt;
  });
  return [...new Set(hit.map(({ target }) => target))].sort();
}

/** When this suspension's order on a target was executed, or at the latest, where an earlier order did it already. */
function executedAt({ phase, measure, targets }: SuspensionState, target: string): Instant[] {
  const its = Object.hasOwn(targets, target) ? targets[target]! : undefined;
  if (phase !== 'ordered' || measure !== 'suspend' || its?.goal !== 'held') return [];
  if (its.status !== 'settled' && its.status !== 'done-by-hand') return [];
  const at = its.executedAt ?? its.verifiedAt;
  return at === undefined ? [] : [at];
}
