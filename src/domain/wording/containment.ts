import type { ContainmentState } from '../containment/state.js';
import { localText } from '../instant.js';
import type { Sentence } from '../sentence.js';

/** All sentences that a containment says to people, for its present state. */
export function containmentWords(state: ContainmentState) {
  const { target } = state;
  const due = state.decideBy ? localText(state.decideBy.at, state.terms.zone) : '';
  const acts = state.terms.acts && state.terms.autoStop;
  return {
    decide: {
      en: `A loss on ${target} is confirmed. Decide before ${due}: suspend, restrict or continue.`,
      ja: `${target} で被害を確認しました。${due} までに suspend（停止）、restrict（制限）、continue（継続）のいずれかを判断してください。`,
    },
    warning: {
      en: `Nobody has decided on ${target} yet, and it still runs. The decision is due ${due}: suspend, restrict or continue.`,
      ja: `${target} の判断がまだなく、機能は動いています。期限は ${due} です。suspend（停止）、restrict（制限）、continue（継続）のいずれかを判断してください。`,
    },
    overdue: {
      en: `The decision on ${target} is overdue since ${due}, and the function is exposed. Decide now: suspend, restrict or continue.`,
      ja: `${target} の判断は ${due} の期限を過ぎ、機能は危険にさらされています。今すぐ suspend（停止）、restrict（制限）、continue（継続）のいずれかを判断してください。`,
    },
    redecide: {
      en: `${target} runs on a decision to ${state.current ?? ''} that ends ${due}. Decide again before: suspend, restrict or continue.`,
      ja: `${target} は「${state.current === 'restrict' ? '制限' : '継続'}」の判断で動いており、期限は ${due} です。それまでに改めて判断してください。`,
    },
    tripped: {
      en: `Another loss on ${target} is confirmed after the last measure. It was not enough: decide now, the default is to suspend.`,
      ja: `直近の措置のあと、${target} で新たな被害を確認しました。措置は不十分です。今すぐ判断してください（原則は停止）。`,
    },
    notNow: {
      en: `No decision on ${target} is open at this stage.`,
      ja: `この段階では ${target} の判断は求められていません。`,
    },
    otherwise: acts
      ? {
          en: 'If nobody decides, or the next case is confirmed, policy suspends the function.',
          ja: '判断がない場合、または次の被害を確認した場合は、方針により機能を停止します。',
        }
      : {
          en: 'If nobody decides, the alarm repeats and the function goes on running: nothing stops it without a person.',
          ja: '判断がなければ警報を繰り返しますが、人の判断なしには停止せず、機能は動き続けます。',
        },
  };
}

/** Where a containment stands. */
export function standingOf(state: ContainmentState): Sentence {
  const cases = Object.values(state.losses).reduce((sum, { count }) => sum + count, 0);
  const { en, ja } = PHASES[state.phase];
  return {
    en: `${state.target}: ${cases} confirmed case(s). ${en}`,
    ja: `${state.target}: 確認した被害 ${cases} 件。${ja}`,
  };
}

const PHASES: Record<ContainmentState['phase'], Sentence> = {
  'awaiting-loss': { en: 'No loss is reported yet.', ja: '被害の報告はまだありません。' },
  deciding: { en: 'The function still runs; a decision is due.', ja: '機能は動いています。判断が必要です。' },
  overdue: {
    en: 'The function still runs; the decision is overdue.',
    ja: '機能は動いています。判断の期限を過ぎています。',
  },
  measured: { en: 'The function runs under a decision that ends.', ja: '期限付きの判断のもとで機能は動いています。' },
  suspending: { en: 'The suspension is being started.', ja: '停止措置を開始しています。' },
  closed: { en: 'Closed: its suspension looks after the function.', ja: '終了しました。以後は停止措置が管理します。' },
};
