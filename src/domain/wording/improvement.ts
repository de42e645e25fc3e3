import type { ImprovementState, Stage, Subject } from '../improvement/state.js';
import { localText } from '../instant.js';
import type { Sentence } from '../sentence.js';
import { dueText } from './due.js';

const SUBJECT_TEXTS: Record<Subject, Sentence> = {
  'ivr-callback': { ja: 'IVR認証（コールバック）の導入', en: 'IVR call-back when an account is linked' },
  'link-monitoring': { ja: '口座登録時のモニタリング', en: 'monitoring when an account is linked' },
  'charge-monitoring': { ja: 'チャージ時のモニタリング', en: 'monitoring when money is charged' },
  'link-letter': { ja: '口座登録ごとのお客さまへの郵送通知', en: 'a letter to the customer on each link' },
  other: { ja: 'その他の改善', en: 'another improvement' },
};
/** What a subject is called. */
export const subjectText = (subject: Subject): Sentence => SUBJECT_TEXTS[subject];

export const STAGE_NAMES = {
  TALKS: { ja: '協議中', en: 'in talks' },
  AGREED: { ja: '合意済み', en: 'agreed' },
  IN_PREPARATION: { ja: '準備中', en: 'in preparation' },
  IN_FORCE: { ja: '実施済み', en: 'in force' },
  DROPPED: { ja: '取りやめ', en: 'dropped' },
} as const satisfies Record<Stage, Sentence>;

/** How many units a sentence names; the others are in the state. */
const NAMED = 20;

/** All sentences that an improvement says to people, for its present state. */
export function improvementWords(state: ImprovementState) {
  const { name, text, watched, stage } = state;
  const units = {
    en: named(state.units, ', ', (more) => ` and ${more} more`),
    ja: named(state.units, '、', (more) => `ほか${more}件`),
  };
  const due = !watched
    ? { en: '', ja: '' }
    : watched.due.date
      ? dueText({ date: watched.due.date, lastOpenDay: watched.due.lastOpenDay })
      : { en: localText(watched.due.at, state.terms.zone), ja: localText(watched.due.at, state.terms.zone) };
  const now = STAGE_NAMES[stage];
  return {
    drop: {
      en: `${state.dropping?.by ?? 'Somebody'} proposes to give up the improvement ${name} (${text.en}; ${units.en}). Confirm as a second person, or return it.`,
      ja: `改善 ${name}（${text.ja}、${units.ja}）の取りやめが ${state.dropping?.by ?? '担当者'} から提案されました。二人目として、確認（confirm）または差し戻し（return）をしてください。`,
    },
    dropOtherwise: {
      en: 'If nobody decides, the improvement goes on.',
      ja: '判断がなければ、改善は続きます。',
    },
    method: {
      en: `The improvement ${name} is in force at ${units.en}. Change the method of authentication of these links to ivr-callback (strong) in providers.yaml, publish it, and record that it is changed.`,
      ja: `改善 ${name} が ${units.ja} で実施済みになりました。providers.yaml で該当する連携の認証方式を ivr-callback（strong）に変えて反映し、変更済み（changed）と記録してください。`,
    },
    methodOtherwise: {
      en: 'If nobody does, the next questionnaires and reports still tell the old method.',
      ja: '変更しなければ、次の点検や報告に古い方式が残ります。',
    },
    methodBehind: (behind: readonly string[]): Sentence => ({
      en: `providers.yaml still tells another method than ivr-callback for: ${behind.join(', ')}. Change it and publish the playbook first.`,
      ja: `providers.yaml の認証方式がまだ ivr-callback になっていません: ${behind.join('、')}。先に変更して反映してください。`,
    }),
    reminder: {
      en: `The improvement ${name} (${text.en}; ${units.en}) is due ${due.en} and is ${now.en} now. Press its counterparts, or set another day.`,
      ja: `改善 ${name}（${text.ja}、${units.ja}）の期限は${due.ja}で、現在「${now.ja}」です。相手方に働きかけるか、期日を改めてください。`,
    },
    overdue: {
      en: `The improvement ${name} (${text.en}; ${units.en}) was due ${due.en} and is still ${now.en}. Agree on a new day and enter it, or propose to give it up.`,
      ja: `改善 ${name}（${text.ja}、${units.ja}）は期限（${due.ja}）を過ぎて「${now.ja}」のままです。新しい期日を合意して登録するか、取りやめを提案してください。`,
    },
    settled: {
      en: `The improvement ${name} is ${now.en} and moves no more. Start another one for what follows.`,
      ja: `改善 ${name} は「${now.ja}」のため、もう動かせません。続きは別の改善として始めてください。`,
    },
    notNext: (next: Stage): Sentence => ({
      en: `The improvement ${name} is ${now.en}; its next stage is ${next}. Move it stage by stage, or propose DROPPED.`,
      ja: `改善 ${name} は「${now.ja}」で、次の段階は ${next} です。段階を一つずつ進めるか、DROPPED を提案してください。`,
    }),
    notNow: {
      en: `No such decision on the improvement ${name} is open at this stage.`,
      ja: `この段階では改善 ${name} のその判断は求められていません。`,
    },
  };
}

function named(units: readonly string[], comma: string, rest: (more: number) => string): string {
  const shown = units.slice(0, NAMED).join(comma);
  return units.length > NAMED ? `${shown}${rest(units.length - NAMED)}` : shown;
}

/** Where an improvement stands. */
export function improvementSays(state: ImprovementState): Sentence {
  const { en, ja } = STAGE_NAMES[state.stage];
  return {
    en: `${state.name}: ${state.text.en} with ${state.units.length} unit(s), ${en}.`,
    ja: `${state.name}: ${state.text.ja}（対象 ${state.units.length}）は${ja}です。`,
  };
}
