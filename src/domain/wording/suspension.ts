import type { Measure } from '../holds.js';
import type { Language, Sentence } from '../sentence.js';
import {
  isRedecidedHere,
  stageOf,
  type Stage,
  type SuspensionState,
  type TargetStanding,
  whoStops,
} from '../suspension/state.js';
import { localText } from '../instant.js';
import { onlySingle } from '../single.js';

export const MEASURES: Record<Measure, Sentence> = {
  suspend: { en: 'stop', ja: '停止' },
  restrict: { en: 'restriction', ja: '制限' },
};

/** All sentences that a suspension says to people, for its present state. */
export function wordsFor(state: SuspensionState) {
  const list = Object.keys(state.targets).join(', ');
  const local = (at: string | undefined) => (at ? localText(at as never, state.terms.zone) : '');
  const measure = MEASURES[state.measure];
  const ratifyDue = local(state.ratification?.due.at);
  const redecideBy = local(state.review?.due.at);
  const siblingsDue = local(state.siblingsDue?.at ?? state.siblingsOverdue);
  return {
    measure,
    approve: {
      en: `Decide whether to approve the ${measure.en} of ${list} before ${local(state.proposal.expires.at)}.`,
      ja: `${list} の${measure.ja}を承認するか、${local(state.proposal.expires.at)} までに判断してください。`,
    },
    approveOtherwise: {
      en: 'If nobody decides, the proposal expires and nothing is stopped.',
      ja: '誰も判断しなければ提案は失効し、何も停止しません。',
    },
    ratify: {
      en: `Ratify the emergency stop of ${list} before ${ratifyDue}, or reverse it together with the duty officer.`,
      ja: `${list} の緊急停止を ${ratifyDue} までに追認するか、当直責任者とともに取り消してください。`,
    },
    ratifyOverdue: {
      en: `The emergency stop of ${list} was not ratified by ${ratifyDue}. It stays in force. Ratify it now, late, or reverse it together with the duty officer.`,
      ja: `${list} の緊急停止は ${ratifyDue} までに追認されませんでした。停止は続いています。今からでも追認するか、当直責任者とともに取り消してください。`,
    },
    ratifyOtherwise: {
      en: 'If nobody ratifies, it is escalated once and the stop stays.',
      ja: '追認がなければ一度だけ上位に報告し、停止は続きます。',
    },
    reverse: {
      en: 'Was it the wrong target? The duty officer and a second approver together may reverse it at once.',
      ja: '対象を誤った場合は、当直責任者ともう一人の承認者がそろえば直ちに取り消せます。',
    },
    reverseOtherwise: { en: 'Without two votes the stop stays.', ja: '二人の判断がそろわなければ停止は続きます。' },
    sibling: (id: string): Sentence => {
      const single = state.siblings[id]?.single;
      if (!single)
        return {
          en: `Judge by ${siblingsDue} whether ${id}, which shares the failed control, may go on: keep or stop, with a reason.`,
          ja: `不備のあった対策を共有する ${id} を続けてよいか、${siblingsDue} までに「keep（継続）」または「stop（停止）」を理由とともに判断してください。`,
        };
      const { en, ja } = onlySingle(id, single);
      return {
        en: `Judge by ${siblingsDue} whether ${id}, which shares the failed control, may go on: keep, with a reason. ${en}`,
        ja: `不備のあった対策を共有する ${id} を続けてよいか、${siblingsDue} までに「keep（継続）」を理由とともに判断してください。${ja}`,
      };
    },
    siblingOtherwise: {
      en: 'If nobody judges, it is escalated once and the function goes on running.',
      ja: '判断がなければ一度だけ上位に報告し、その機能は動き続けます。',
    },
    siblingsOverdue: (ids: readonly string[]): Sentence => ({
      en: `Nobody judged ${ids.join(', ')} within the time. They still run behind the failed control: keep or stop each, with a reason.`,
      ja: `${ids.join(', ')} は期限内に判断されず、不備のある対策のまま動いています。それぞれ「keep（継続）」か「stop（停止）」を理由とともに判断してください。`,
    }),
    review: isRedecidedHere(state)
      ? redecide(state, list, redecideBy)
      : {
          en: `Review the ${measure.en} of ${list}: keep it, change it, or propose its lift. Expected end: ${local(state.expectedEnd) || 'undetermined'}.`,
          ja: `${list} の${measure.ja}を見直してください。継続（keep）、変更（change）、解除の提案（lift）。終了見込み: ${local(state.expectedEnd) || '未定'}。`,
        },
    reviewOtherwise: isRedecidedHere(state)
      ? notRedecided(state)
      : {
          en: 'If nobody answers, it stays and is escalated once.',
          ja: '回答がなければ措置は続き、一度だけ上位に報告します。',
        },
    target: (id: string): Sentence => {
      const instruction = state.targets[id]?.instruction;
      return instruction
        ? {
            en: `${id} needs a hand. ${instruction.en} Then decide: done-by-hand (your name stands for it), skip if it is not to be done, or retry to have it ordered again.`,
            ja: `${id} は手作業が必要です。${instruction.ja}終わったら done-by-hand（手作業で実施済み・あなたの名で記録）、実施しない場合は skip（見送り）、もう一度指示する場合は retry（再試行）を判断してください。`,
          }
        : {
            en: `${id} is not proven to obey. Look at the channel system; then decide: retry, done-by-hand (your name stands for it), or skip.`,
            ja: `${id} が指示どおりになったと確認できません。業務システムを確認し、retry（再試行）、done-by-hand（手作業で実施済み・あなたの名で記録）、skip（見送り）のいずれかを判断してください。`,
          };
    },
    targetOtherwise: (id: string): Sentence =>
      state.targets[id]?.instruction
        ? {
            en: 'If nobody does it, it stays undone: no system does it by itself.',
            ja: '誰も実施しなければ、そのままになります。システムが自動で行うことはありません。',
          }
        : {
            en: 'If nobody decides, the order is repeated at a slow pace until it is proven.',
            ja: '判断がなければ、確認できるまで間隔をあけて指示を繰り返します。',
          },
    lift: {
      en: `Decide whether to lift the ${measure.en} of ${list}. The proposer and the owner of the failed control cannot.`,
      ja: `${list} の${measure.ja}を解除するか判断してください。提案者と、不備のあった対策の所管は判断できません。`,
    },
    liftOtherwise: isRedecidedHere(state)
      ? notRedecided(state)
      : { en: 'If nobody decides, it stays in force.', ja: '判断がなければ措置は続きます。' },
    notNow: { en: 'That step is behind this suspension already.', ja: 'その段階は既に終わっています。' },
    notApproved: {
      en: `The ${measure.en} of ${list} is not approved yet. Nothing is ordered before its approval.`,
      ja: `${list} の${measure.ja}はまだ承認されていません。承認の前には何も指示しません。`,
    },
    expired: {
      en: `The proposal for ${list} expired at ${local(state.proposal.expires.at)}: the approval came too late, and nothing is done. Propose it again under another name, or order an emergency stop.`,
      ja: `${list} の提案は ${local(state.proposal.expires.at)} に失効しました。承認は期限後のため、何も実施しません。別の名前で提案し直すか、緊急停止を指示してください。`,
    },
    change: {
      en: `The ${measure.en} of ${list} is to be changed. Propose the new measure as a suspension of its own, and lift this one when the new one is in force.`,
      ja: `${list} の${measure.ja}を変更します。新しい措置を別の停止措置として提案し、それが実施されてからこの措置を解除してください。`,
    },
    watchTripped: (ids: readonly string[]): Sentence => {
      const when =
        state.phase === 'lifting'
          ? { en: 'while its lift is carried out', ja: '解除の実行中に' }
          : { en: 'during the watch after the lift', ja: '解除後の監視中に' };
      return {
        en: `A new case or a drift was found on ${ids.join(', ')} ${when.en}. Nothing stops it without a person: decide now, and order an emergency stop or propose a suspension if it must not go on.`,
        ja: `${when.ja}、${ids.join(', ')} で新たな被害または状態のずれを確認しました。人の判断なしには停止しません。続けられない場合は、緊急停止を指示するか停止を提案してください。`,
      };
    },
    restrictedOnly: (ids: readonly string[]): Sentence => ({
      en: `The restriction was not enough, and policy stopped what it may stop. ${ids.join(', ')} is only restricted still: nothing stops it without a person. Decide now, and order an emergency stop or propose a suspension if it must not go on.`,
      ja: `制限では不十分なため、方針により停止できる機能を停止しました。${ids.join(', ')} は制限のままで、人の判断なしには停止しません。続けられない場合は、緊急停止を指示するか停止を提案してください。`,
    }),
    nothingToLift: {
      en: `There is nothing to lift: ${list} is not in force under this suspension. Look at "hikeshi suspend status".`,
      ja: `解除するものがありません。この措置では ${list} は実施中ではありません。hikeshi suspend status で確認してください。`,
    },
    alreadyProposed: {
      en: 'A lift is proposed already. Decide on that one.',
      ja: '解除は既に提案されています。その提案を判断してください。',
    },
    cancelledAgain: cancelledAgain(state),
    cancelled: {
      en: 'Cancel was requested. Nothing was lifted; a lift is proposed instead and waits for a decision.',
      ja: '取り消し（Cancel）が要求されました。何も解除せず、解除の提案として判断を待ちます。',
    },
  };
}

/** A restriction ends after a day unless somebody decides again; the next case makes that day end now. */
function redecide({ restrictionTripped }: SuspensionState, list: string, by: string): Sentence {
  const choice = {
    en: 'keep it for another day, change it, or propose its lift',
    ja: 'もう1日継続（keep）、変更（change）、解除の提案（lift）',
  };
  return restrictionTripped
    ? {
        en: `Another loss behind the restriction of ${list} is confirmed. It was not enough: order an emergency stop now, or decide otherwise with your reason: ${choice.en}.`,
        ja: `${list} の制限中に新たな被害を確認しました。制限は不十分です。今すぐ緊急停止を指示するか、理由とともに別の判断をしてください: ${choice.ja}。`,
      }
    : {
        en: `Decide again on the restriction of ${list} before ${by}: ${choice.en}.`,
        ja: `${list} の制限について、${by} までに改めて判断してください: ${choice.ja}。`,
      };
}

/** Why a cancel request had nothing to propose. */
function cancelledAgain({ phase }: SuspensionState): Sentence {
  const why: Partial<Record<SuspensionState['phase'], Sentence>> = {
    ordered: {
      en: 'a lift is proposed already and waits for a decision',
      ja: '解除は既に提案され、判断を待っています',
    },
    lifting: { en: 'it is being lifted already', ja: '既に解除を実行中です' },
    watching: { en: 'it is lifted already, and its watch goes on', ja: '既に解除済みで、監視を続けます' },
  };
  const { en, ja } = why[phase] ?? { en: 'nothing is held', ja: '実施中の措置はありません' };
  return {
    en: `Cancel was requested. Nothing was done: ${en}.`,
    ja: `取り消し（Cancel）が要求されましたが、何も行っていません。${ja}。`,
  };
}

function notRedecided(state: SuspensionState): Sentence {
  return whoStops(state).policy.length > 0
    ? {
        en: 'If nobody decides, or the next case is confirmed, policy stops what it may stop without a person.',
        ja: '判断がない場合、または次の被害を確認した場合は、人の判断なしに停止できる機能を方針により停止します。',
      }
    : {
        en: 'If nobody decides, people are called and the restriction goes on: nothing stops it without a person.',
        ja: '判断がなければ担当者を呼び出しますが、人の判断なしには停止せず、制限が続きます。',
      };
}

const STAGES: Record<Stage, Sentence> = {
  PROPOSED: { en: 'proposed; nothing is done yet', ja: '提案中（まだ何も実施していません）' },
  REFUSED: { en: 'refused; nothing was done', ja: '否決（何も実施していません）' },
  EXPIRED: { en: 'expired without a decision; nothing was done', ja: '判断がなく失効（何も実施していません）' },
  APPROVED: { en: 'approved; the order follows', ja: '承認済み（これから指示します）' },
  EXECUTING: { en: 'ordered, and not yet proven for every target', ja: '指示済み（未確認の対象があります）' },
  PARTIALLY_FAILED: {
    en: 'partly failed; the work goes on, and a person is needed',
    ja: '一部失敗（作業は継続中・人の対応が必要）',
  },
  EMERGENCY_IN_FORCE: { en: 'in force as an emergency, not yet ratified', ja: '緊急措置として実施中（未追認）' },
  IN_FORCE: { en: 'in force and read back', ja: '実施中（確認済み）' },
  LIFT_PROPOSED: { en: 'in force; its lift is proposed', ja: '実施中（解除の提案あり）' },
  LIFTING: { en: 'being lifted', ja: '解除を実行中' },
  WATCHED: { en: 'lifted and watched', ja: '解除済み（監視中）' },
  LIFTED: { en: 'lifted; the watch is over', ja: '解除済み（監視終了）' },
  REVERSED: { en: 'reversed', ja: '取り消し済み' },
};

const NOT_ORDERED: Sentence = { en: 'nothing ordered', ja: '未指示' };
/** Phases in which no target was ever ordered, whatever its status will be. */
const BEFORE_ORDER: readonly SuspensionState['phase'][] = ['proposed', 'refused', 'expired'];
export const wasOrdered = ({ phase }: SuspensionState): boolean => !BEFORE_ORDER.includes(phase);

const STATUSES: Record<TargetStanding['status'], Sentence> = {
  waiting: { en: 'ordered, not yet proven', ja: '指示済み・未確認' },
  settled: { en: 'read back', ja: '確認済み' },
  'needs-human': { en: 'needs a person', ja: '人の対応が必要' },
  'done-by-hand': { en: 'done by hand', ja: '手作業で実施済み' },
  skipped: { en: 'SKIPPED, nothing proves it', ja: '見送り（実施を確認していません）' },
};

/** Stages whose words say that a measure is in effect, or let go, for its targets. */
const SAY_DONE: readonly Stage[] = ['IN_FORCE', 'EMERGENCY_IN_FORCE', 'LIFT_PROPOSED', 'WATCHED', 'LIFTED', 'REVERSED'];

/** The stage says what holds for the targets together: what a person skipped is no part of that. */
function stageWords(state: SuspensionState): Sentence {
  const stage = stageOf(state);
  const words = STAGES[stage];
  const targets = Object.entries(state.targets);
  const skipped = targets.filter(([, { status }]) => status === 'skipped').map(([id]) => id);
  if (skipped.length === 0 || !SAY_DONE.includes(stage)) return words;
  if (skipped.length === targets.length)
    return {
      en: `recorded as "${words.en}", but every target was skipped: nothing proves that it is so for any of them`,
      ja: `記録上は「${words.ja}」ですが、全対象が見送られ、実際の状態は確認されていません`,
    };
  return {
    en: `${words.en}, but not proven for what was skipped: ${skipped.join(', ')}`,
    ja: `${words.ja}。ただし見送られた ${skipped.join('、')} は確認されていません`,
  };
}

/** How a target stands: what was read back proves it; anything else is said as what it is. */
export function targetReads(state: SuspensionState, { status, readBack }: TargetStanding): Sentence {
  if (status === 'settled' && readBack) return { en: readBack, ja: readBack };
  if (!wasOrdered(state)) return NOT_ORDERED;
  const words = STATUSES[status];
  return readBack ? { en: `${words.en}, read ${readBack}`, ja: `${words.ja}・確認時 ${readBack}` } : words;
}

/** Where a suspension stands, with each target. */
export function standingOf(state: SuspensionState): Sentence {
  const stage = stageWords(state);
  const { measure } = wordsFor(state);
  const targets = Object.entries(state.targets).map(
    ([id, target]) => [id, targetReads(state, target), target.problem ? ` (${target.problem})` : ''] as const,
  );
  const told = (language: Language) =>
    targets.map(([id, words, problem]) => `${id}: ${words[language]}${problem}`).join(', ');
  return {
    en: `The ${measure.en} (${state.incident}) is ${stage.en}. ${told('en')}.`,
    ja: `${measure.ja}（${state.incident}）: ${stage.ja}。${told('ja')}。`,
  };
}
