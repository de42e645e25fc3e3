import { localText } from '../instant.js';
import type { InspectionState } from '../providerInspection/state.js';
import { mandatoryCounts } from '../providerInspection/state.js';
import type { Sentence } from '../sentence.js';
import { BASIS_WORDS } from './inspection.js';

/** All sentences that an inspection says to people, for its present state. */
export function wordsFor(state: InspectionState) {
  const { unit } = state;
  /** As commands take it. */
  const named = `${state.incident}/${unit}`;
  const { mandatory, satisfied, failing } = mandatoryCounts(state);
  const when = (at: string | undefined) => (at ? localText(at as never, state.terms.zone) : '');
  return {
    notApplicable: {
      en: `No mandatory item applies to ${unit} (${state.leftOut} left out by its service form). Confirm as a second person that it is not applicable.`,
      ja: `${unit} には該当する必須項目がありません（サービス形態による対象外 ${state.leftOut} 項目）。該当なしとしてよいか、二人目として確認してください。`,
    },
    overdue: {
      en: `${unit} has not answered; its answer was due ${when(state.asked?.due.at)}. Call its contact.`,
      ja: `${unit} から回答がありません（期限 ${when(state.asked?.due.at)}）。担当者に連絡してください。`,
    },
    mailFailed: (problem: string): Sentence => ({
      en: `A mail to ${unit} did not go out (${problem}). Check the address in providers.yaml and the mail relay, or reach its contact in another way.`,
      ja: `${unit} へのメールを送れません（${problem}）。providers.yaml の宛先とメール中継を確認するか、別の方法で担当者に連絡してください。`,
    }),
    mailBounced: (kind: string): Sentence => ({
      en: `A mail (${kind}) to ${unit} came back. Correct its address in providers.yaml and order it again, or reach its contact in another way and say so (by-hand).`,
      ja: `${unit} へのメール（${kind}）が戻りました。providers.yaml の宛先を直して再送（again）するか、別の方法で連絡のうえ by-hand としてください。`,
    }),
    mailOpen: {
      en: `A mail to ${unit} did not arrive. Order it again (again), or say that its contact was reached in another way (by-hand).`,
      ja: `${unit} へのメールが届いていません。再送（again）するか、別の方法で連絡したこと（by-hand）を登録してください。`,
    },
    reply: {
      en: `${unit} answered a mail by mail. Read it with "hikeshi mail show", answer it, and mark it as read.`,
      ja: `${unit} からメールの返信がありました。hikeshi mail show で読んで対応し、既読（read）にしてください。`,
    },
    lateAnswers: {
      en: `${unit} answered after its result stood (${(state.lateAnswers ?? []).join(', ')}). The answers are kept. Reopen the result if they change it.`,
      ja: `${unit} から結果の確定後に回答がありました（${(state.lateAnswers ?? []).join('、')}）。回答は保存しています。結果が変わる場合は再評価に戻してください（reopen）。`,
    },
    acceptRisk: {
      en: `${state.riskProposed?.by[0] ?? 'Somebody'} proposes to accept that items of ${unit} fail (${(state.riskProposed?.items ?? []).join(', ')}) until ${when(state.riskProposed?.until)}. As the second person, accept or refuse.`,
      ja: `${unit} の未充足の必須項目（${(state.riskProposed?.items ?? []).join('、')}）を ${when(state.riskProposed?.until)} まで受容する案が ${state.riskProposed?.by[0] ?? '担当者'} から出ています。二人目として、受容（accept）または却下（refuse）をしてください。`,
    },
    riskExpired: (items: readonly string[]): Sentence => ({
      en: `The accepted risk of ${unit} is at its end, and items still fail (${items.join(', ')}). Suspend the functions they protect, or have two persons accept it anew.`,
      ja: `${unit} のリスク受容の期限が来ましたが、未充足の項目があります（${items.join('、')}）。その項目が守る機能を停止するか、改めて二人で受容してください。`,
    }),
    riskNotFailing: (item: string): Sentence => ({
      en: `The item "${item}" is no failing mandatory item of ${unit}, so there is no risk to accept. Name items that fail.`,
      ja: `項目「${item}」は ${unit} の未充足の必須項目ではないため、受容するリスクがありません。未充足の項目を指定してください。`,
    }),
    riskUntil: (days: number): Sentence => ({
      en: `The field "until" must be a day to come, at most ${days} days from now: an acceptance has an end.`,
      ja: `「until」は、これから ${days} 日以内の日にしてください。リスクの受容には期限が必要です。`,
    }),
    answersMoved: (last: string): Sentence => ({
      en: `${unit} has sent other answers since. Look at the submission "${last}", and propose again with it in "lookedAt".`,
      ja: `その後 ${unit} から別の回答が届いています。提出「${last}」を確認し、「lookedAt」に指定して提案し直してください。`,
    }),
    escalation: {
      en: `${unit} is escalated: it does not answer, or no agreement was found. Decide to wait, to evaluate what there is, or that it is not satisfied; its functions can be suspended at any time.`,
      ja: `${unit} を上申します（回答がない、または協議が整いません）。待つ（wait）、現状で評価する（evaluate）、不充足とする（not-satisfied）のいずれかを判断してください。機能の停止はいつでも提案できます。`,
    },
    evaluate: {
      en: `${unit} has answered everything that is asked. Write the sheet (hikeshi inspection export ${named} --for evaluation --out evaluation.csv) and the files (hikeshi inspection evidence ${named} --out DIR), fill in a result for every answered item, and propose it (hikeshi inspection evaluate ${named} --file evaluation.csv).`,
      ja: `${unit} の回答がそろいました。評価用の表（hikeshi inspection export ${named} --for evaluation --out evaluation.csv）と添付ファイル（hikeshi inspection evidence ${named} --out DIR）を書き出し、回答済みの全項目の結果を記入して提案してください（hikeshi inspection evaluate ${named} --file evaluation.csv）。`,
    },
    evaluationOverdue: {
      en: `The evaluation of ${unit} is overdue. Propose the results now, or name another evaluator.`,
      ja: `${unit} の評価が期限を過ぎています。すぐに結果を提案するか、別の評価者を決めてください。`,
    },
    evaluation: {
      en: `An evaluation of ${unit} is proposed by ${state.proposed?.by ?? 'an evaluator'}. As the second evaluator, confirm or return it.`,
      ja: `${unit} の評価が ${state.proposed?.by ?? '評価者'} から提案されました。二人目の評価者として、確認（confirm）または差し戻し（return）をしてください。`,
    },
    result: {
      en: `${unit}: ${satisfied} of ${mandatory} mandatory items are satisfied, ${failing} fail. Decide the result.`,
      ja: `${unit}: 必須 ${mandatory} 項目のうち充足 ${satisfied}、未充足 ${failing}。結果を判断してください。`,
    },
    discussion: {
      en: `${unit} is under discussion until ${when(state.discussion?.due.at)}. Decide how it goes on.`,
      ja: `${unit} は ${when(state.discussion?.due.at)} まで協議中です。今後の扱いを判断してください。`,
    },
    remediation: {
      en: `${unit} is not satisfied. Agree with it on a date by which the gaps are mended, and enter it.`,
      ja: `${unit} は不充足です。是正の期日を合意し、登録してください。`,
    },
    remediationMissed: {
      en: `${unit} did not mend its gaps by the promised day ${state.remediation?.due.date ?? ''}. Agree on a new date, or propose a suspension.`,
      ja: `${unit} は約束した期日（${state.remediation?.due.date ?? ''}）までに是正しませんでした。新しい期日を合意するか、停止を提案してください。`,
    },
    gate: (functions: readonly string[]): Sentence => ({
      en: `Mandatory items of ${unit} fail. Propose to suspend exactly the functions they protect: ${functions.join(', ')} (R-06).`,
      ja: `${unit} に未充足の必須項目があります。その項目が守る機能 ${functions.join('、')} の停止を提案してください（R-06）。`,
    }),
    otherwise: {
      en: 'If nobody decides, the unit stays incomplete, and the round is reported with it named as such.',
      ja: '判断がなければ、この対象は未了のままとなり、点検結果に未了として記載されます。',
    },
    notNow: {
      en: `No decision on ${unit} is open at this stage.`,
      ja: `この段階では ${unit} の判断は求められていません。`,
    },
    nothingToEvaluate: {
      en: `${unit} has no answers to be evaluated now. Wait until it has answered, or look at its present state.`,
      ja: `${unit} には今評価する回答がありません。回答を待つか、現在の状態を確認してください。`,
    },
    nothingToReopen: {
      en: `${unit} has no result that could be reopened.`,
      ja: `${unit} には再開できる結果がまだありません。`,
    },
    nothingToRemedy: {
      en: `${unit} has no failed result for which a date could be promised.`,
      ja: `${unit} には是正期日を登録できる不充足の結果がありません。`,
    },
  };
}

const STANDS: Record<InspectionState['phase'], Sentence> = {
  SCOPED: { en: 'Scoped; not asked yet.', ja: '該当項目を確認済み、照会前です。' },
  NOT_APPLICABLE: { en: 'No item applies.', ja: '該当項目なしです。' },
  REQUESTED: { en: 'Asked; the answer is awaited.', ja: '照会中です。' },
  OVERDUE: { en: 'The answer is overdue.', ja: '回答期限を過ぎています。' },
  ANSWERED: { en: 'Answered; to be evaluated.', ja: '回答を受領し、評価待ちです。' },
  UNDER_EVALUATION: { en: 'Under evaluation.', ja: '評価中です。' },
  FOLLOW_UP_REQUESTED: { en: 'Asked again; the answer is awaited.', ja: '追加確認中です。' },
  UNDER_DISCUSSION: { en: 'Under discussion with the provider.', ja: '協議中です。' },
  ESCALATED: { en: 'Escalated to the incident commander.', ja: '対策本部長に上申中です。' },
  SATISFIED: { en: 'All applicable mandatory items are satisfied.', ja: '該当する必須項目をすべて充足しています。' },
  NOT_SATISFIED: { en: 'Mandatory items fail.', ja: '未実施または不十分な必須項目があります。' },
  REMEDIATION_COMMITTED: { en: 'The gaps are to be mended by the promised day.', ja: '期日を定めて対応予定です。' },
  RE_INSPECTION: { en: 'New evidence is inspected.', ja: '再点検中です。' },
  CLOSED: { en: 'Closed with its round.', ja: '点検は終了しました。' },
};

/** Where an inspection stands. */
export function inspectionStanding(state: InspectionState): Sentence {
  const { en, ja } = STANDS[state.phase];
  const basis = BASIS_WORDS[state.basis];
  const { mandatory, satisfied } = mandatoryCounts(state);
  return {
    en: `${state.unit}: ${en} Basis: ${basis.en}. Mandatory items satisfied: ${satisfied} of ${mandatory}.`,
    ja: `${state.unit}: ${ja} 基準: ${basis.ja}。必須項目の充足: ${mandatory} 中 ${satisfied}。`,
  };
}
