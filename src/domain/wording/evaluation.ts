import type { EvaluationState } from '../evaluation/state.js';
import { localText } from '../instant.js';
import type { Sentence } from '../sentence.js';
import { dueText } from './due.js';

const SCOPE_NAMES = {
  plan: { en: 'the plan', ja: '計画' },
  execution: { en: 'the execution', ja: '実施' },
  'improvement-plan': { en: 'the improvement plan', ja: '改善計画' },
} as const satisfies Record<string, Sentence>;

/** All sentences that a third-party evaluation says to people, for its present state. */
export function evaluationWords(state: EvaluationState) {
  const { incident: round, assessor, watched, factCheckDue, versions } = state;
  const scope = {
    en: state.scope.map((part) => SCOPE_NAMES[part].en).join(', '),
    ja: state.scope.map((part) => SCOPE_NAMES[part].ja).join('・'),
  };
  const due = watched.due.date
    ? dueText({ date: watched.due.date, lastOpenDay: watched.due.lastOpenDay })
    : both(localText(watched.due.at, state.terms.zone));
  const checkBy = factCheckDue ? localText(factCheckDue.at, state.terms.zone) : '';
  const units = (state.contradicted ?? []).map(({ unit, said, states }) => ({
    en: `${unit}: the opinion says ${said === 'suspended' ? 'suspended' : 'not suspended'}, read back: ${readBack(states).en}`,
    ja: `${unit}: 見解は「${said === 'suspended' ? '停止中' : '停止していない'}」、読み取った状態は ${readBack(states).ja}`,
  }));
  return {
    commission: {
      en: `A third-party evaluation of the round ${round} by ${assessor} is proposed (scope: ${scope.en}), with its opinion due ${due.en}. Decide, for the audit, whether to commission it.`,
      ja: `点検 ${round} の第三者評価（評価者 ${assessor}、範囲: ${scope.ja}、見解の期限 ${due.ja}）の提案です。監査として、委嘱するか判断してください。`,
    },
    independence: {
      en: `The evaluation of the round ${round} by ${assessor} is commissioned. ${state.statement === undefined ? 'Obtain the statement of independence' : 'Look at the statement of independence that was handed in'} and confirm that the assessor depends on nobody who is assessed.`,
      ja: `点検 ${round} の第三者評価を ${assessor} に委嘱しました。${state.statement === undefined ? '独立性の申告書を受け取り' : '提出された独立性の申告を確認し'}、評価される側から独立していることを確認してください。`,
    },
    plan: {
      en: `Review the plan of the round ${round} and send your remarks. They stand as you send them.`,
      ja: `点検 ${round} の計画を確認し、所見を送ってください。送ったとおりに記録されます。`,
    },
    fieldwork: {
      en: `The round ${round} was not open yet. Begin your fieldwork when it is, and say so.`,
      ja: `点検 ${round} は未開始でした。開始後に実地評価を始め、その旨を送ってください。`,
    },
    factCheck: {
      en: `Version ${versions} of the opinion on the round ${round} is a draft. Check its facts and answer by ${checkBy}; your remarks stand beside the opinion and change nothing in it.`,
      ja: `点検 ${round} の見解案（第${versions}版）です。事実関係を確認し、${checkBy} までに回答してください。指摘は見解と並べて保存され、見解自体は変わりません。`,
    },
    final: {
      en: `The fact check of the opinion on the round ${round} is over. Read the remarks, if there are any, and give a further draft or your final opinion.`,
      ja: `点検 ${round} の見解案の事実確認が終わりました。指摘があれば確認し、改めた案または最終の見解を提出してください。`,
    },
    reminder: {
      en: `The final opinion on the round ${round} is due ${due.en}.`,
      ja: `点検 ${round} の最終の見解の期限は${due.ja}です。`,
    },
    overdue: {
      en: `The final opinion on the round ${round} was due ${due.en} and has not come. Ask ${assessor}; until it is there, a report says nothing of a third party.`,
      ja: `点検 ${round} の最終の見解が期限（${due.ja}）までに提出されていません。${assessor} に確認してください。提出されるまで、報告に第三者評価は載りません。`,
    },
    contradiction: {
      en: `Version ${versions} of the opinion on the round ${round} says something else of units than was read back of their functions. Find out which is right, mend what is wrong, and record what you found; only the assessor can change the opinion. ${units.map(({ en }) => en).join('; ')}.`,
      ja: `点検 ${round} の見解（第${versions}版）が、対象の機能から読み取った状態と食い違っています。どちらが正しいか調べて誤りを直し、結果を記録してください。見解を変えられるのは評価者だけです。${units.map(({ ja }) => ja).join('、')}。`,
    },
    otherwise: {
      en: 'If nobody decides, no opinion comes, and the report of the round has none.',
      ja: '判断がなければ見解は得られず、点検の報告に第三者評価は載りません。',
    },
    contradictionOtherwise: {
      en: 'If nobody looks into it, the opinion stays as it is and the alarm stays open.',
      ja: '調べなければ、見解はそのまま残り、警報も残ります。',
    },
    notNow: {
      en: `No such decision on the evaluation of the round ${round} is open at this stage.`,
      ja: `この段階では点検 ${round} の第三者評価についてその判断は求められていません。`,
    },
    noPlanToReview: {
      en: `There is no plan to be reviewed now: the evaluation of the round ${round} is ${state.phase}. It is reviewed once, after the independence is confirmed, when the plan is in the scope.`,
      ja: `今は確認する計画がありません（点検 ${round} の第三者評価は ${state.phase}）。計画の確認は、範囲に含まれる場合に、独立性の確認後に一度行います。`,
    },
    noFieldwork: {
      en: `Fieldwork cannot begin now: the evaluation of the round ${round} is ${state.phase}. First its independence is confirmed and, when the plan is in the scope, the plan reviewed.`,
      ja: `今は実地評価を始められません（点検 ${round} の第三者評価は ${state.phase}）。先に独立性の確認と、範囲に含まれる場合は計画の確認が必要です。`,
    },
    notRunning: {
      en: `The round ${round} is not open yet, so there is nothing to look at in the field. Begin when it is open.`,
      ja: `点検 ${round} は未開始のため、実地で評価するものがありません。開始後に始めてください。`,
    },
    noDraft: {
      en: `A draft cannot come now: the evaluation of the round ${round} is ${state.phase}. It comes after the fieldwork has begun.`,
      ja: `今は見解案を提出できません（点検 ${round} の第三者評価は ${state.phase}）。実地評価を始めてから提出してください。`,
    },
    noFinal: {
      en: `The final opinion cannot come now: the evaluation of the round ${round} is ${state.phase}. It follows the fact check of a draft, or the end of the time for it.`,
      ja: `今は最終の見解を提出できません（点検 ${round} の第三者評価は ${state.phase}）。見解案の事実確認が終わるか、その期限が過ぎてから提出してください。`,
    },
    noFactCheck: {
      en: `There is no draft whose facts could be checked: the evaluation of the round ${round} is ${state.phase}. An opinion itself cannot be changed by anybody but the assessor.`,
      ja: `事実確認をする見解案がありません（点検 ${round} の第三者評価は ${state.phase}）。見解自体は評価者以外には変えられません。`,
    },
  };
}

const both = (text: string): Sentence => ({ en: text, ja: text });

const readBack = (states: readonly { readonly function: string; readonly state: string }[]): Sentence =>
  states.length === 0
    ? { en: 'it has no function that could be read back', ja: '読み取れる機能がない' }
    : both(states.map(({ function: fn, state }) => `${fn} ${state}`).join(', '));

/** The answer to a version of the opinion. */
export function opinionMessage(version: number, final: boolean, contradicted: boolean): Sentence {
  const look: Sentence = contradicted
    ? {
        en: ' What it says of stopped units is not what was read back; the bank was told to look into it.',
        ja: '停止中とした対象が読み取った状態と食い違うため、銀行側に確認を求めました。',
      }
    : both('');
  return final
    ? {
        en: `Version ${version} is kept as your final opinion.${look.en}`,
        ja: `第${version}版を最終の見解として保存しました。${look.ja}`,
      }
    : {
        en: `Version ${version} is kept as a draft; the bank checks its facts.${look.en}`,
        ja: `第${version}版を見解案として保存しました。銀行側が事実関係を確認します。${look.ja}`,
      };
}

const STANDS: Record<EvaluationState['phase'], Sentence> = {
  PROPOSED: { en: 'proposed; audit has not commissioned it yet.', ja: '提案済み、委嘱前です。' },
  REFUSED: {
    en: 'not commissioned, or the assessor is not independent.',
    ja: '委嘱しない、または独立性なしと判断しました。',
  },
  COMMISSIONED: { en: 'commissioned; the independence is to be confirmed.', ja: '委嘱済み、独立性の確認待ちです。' },
  INDEPENDENCE_CHECKED: { en: 'the independence is confirmed.', ja: '独立性を確認しました。' },
  PLAN_REVIEWED: { en: 'the plan is reviewed.', ja: '計画の確認が終わりました。' },
  FIELDWORK: { en: 'fieldwork goes on.', ja: '実地評価中です。' },
  DRAFT_OPINION: { en: 'a draft is there; its facts are being checked.', ja: '見解案を受領し、事実確認中です。' },
  FACT_CHECK: {
    en: 'the facts are checked; the final opinion is awaited.',
    ja: '事実確認が終わり、最終の見解を待っています。',
  },
  FINAL: { en: 'the final opinion is there.', ja: '最終の見解を受領しました。' },
};

/** Where an evaluation stands. */
export function evaluationStanding(state: EvaluationState): Sentence {
  const { en, ja } = STANDS[state.phase];
  return {
    en: `Third-party evaluation of the round ${state.incident} by ${state.assessor}: ${en}`,
    ja: `点検 ${state.incident} の第三者評価（${state.assessor}）: ${ja}`,
  };
}
