import { CLAIM_WORDS, CLAIMS } from '../../domain/answers.js';
import type { Draft, DraftField } from '../../domain/draft.js';
import { localText, type Zone } from '../../domain/instant.js';
import { PHASES, type Phase } from '../../domain/framework.js';
import { evidenceWords } from '../../domain/questionnaire.js';
import type { Language } from '../../domain/sentence.js';
import { pageWords } from '../../domain/wording/answerPages.js';
import { dueText } from '../../domain/wording/due.js';
import type { EvidenceFile } from '../../store/evidence.js';
import type { Receipt } from '../../store/submissions.js';
import type { Visit } from './admit.js';
import { ACCEPTED } from './fileKind.js';
import type { FormState, ItemProblem, ItemState } from './state.js';

/** What all pages of a visit show. */
export function frame(visit: Visit, title: string, hrefEnd = '') {
  const { questionnaire, lang, token } = visit;
  const w = pageWords(lang);
  const base = `/a/${token}`;
  const otherLang: Language = lang === 'ja' ? 'en' : 'ja';
  const separator = hrefEnd.includes('?') ? '&' : '?';
  return {
    w,
    lang,
    base,
    title: `${title} - ${questionnaire.round[lang]}`,
    from: questionnaire.from?.[lang],
    round: questionnaire.round[lang],
    unit: questionnaire.unit[lang],
    open: questionnaire.open,
    due: questionnaire.due,
    dueText: questionnaire.due && dueText(questionnaire.due)[lang],
    ask: questionnaire.ask?.[lang] ?? w.askSender,
    otherLang,
    otherHref: `${base}${hrefEnd}${separator}lang=${otherLang}`,
  };
}

/** What the form shows beyond what is kept. */
export interface FormExtras {
  readonly notice?: string;
  readonly problems?: readonly ItemProblem[];
  readonly conflicts?: readonly string[];
  /** What was entered and could not be kept, by item. */
  readonly entered?: ReadonlyMap<string, Omit<Draft, 'evidence'>>;
  /** Items that were not asked before. */
  readonly fresh?: ReadonlySet<string>;
  readonly receipts: readonly Receipt[];
}

export function formView(visit: Visit, state: FormState, zone: Zone, extras: FormExtras) {
  const { lang } = visit;
  const w = pageWords(lang);
  const problems = extras.problems ?? [];
  const conflicts = new Set(extras.conflicts ?? []);
  const phases = [...new Set(state.items.map(({ item }) => item.phase))].sort((a, b) => a - b);
  const summary = state.items.flatMap(({ item, number, draft }) => [
    ...(conflicts.has(item.item) && draft.aside.length > 0
      ? [{ target: `choose-${item.item}`, text: `${number}: ${w.conflict}` }]
      : []),
    ...problems
      .filter((problem) => problem.item === item.item)
      .map(({ field, sentence }) => ({ target: `${field}-${item.item}`, text: `${number}: ${sentence[lang]}` })),
  ]);
  const wrong = summary.length > 0;
  return {
    ...frame(visit, `${wrong ? w.errorPrefix : ''}${w.title}`),
    notice: extras.notice,
    summary,
    accept: ACCEPTED,
    conditional: state.questionnaire.items.some(({ askIf }) => askIf),
    receipts: extras.receipts.map((receipt) => ({
      number: receipt.number,
      at: localText(receipt.receivedAt, zone),
      href: `/a/${visit.token}/receipt/${receipt.submission}?lang=${lang}`,
    })),
    phases: phases.map((phase) => ({
      phase,
      title: PHASES[phase as Phase][lang],
      items: state.items
        .filter(({ item }) => item.phase === phase)
        .map((each) => itemView(each, state, visit, zone, extras, problems)),
    })),
  };
}

function itemView(
  { item, number, draft, pending }: ItemState,
  { files }: FormState,
  { lang }: Visit,
  zone: Zone,
  extras: FormExtras,
  problems: readonly ItemProblem[],
) {
  const entered = extras.entered?.get(item.item) ?? draft.value;
  const own = problems.filter((problem) => problem.item === item.item);
  const texts = (field: DraftField) => {
    const found = own.filter((problem) => problem.field === field).map(({ sentence }) => sentence[lang]);
    return found.length > 0 ? found : undefined;
  };
  return {
    id: item.item,
    number,
    text: item.text[lang],
    mandatory: item.mandatory,
    isNew: extras.fresh?.has(item.item) ?? false,
    wrong: own.length > 0,
    status: pending ? 'draft' : draft.value.claim ? 'submitted' : undefined,
    evidenceAsked: evidenceWords(item, lang),
    asksAgain: item.asksAgain,
    thread: item.thread.map((each) => ({
      from: each.from,
      at: localText(each.at, zone),
      claim: each.claim && CLAIM_WORDS[each.claim][lang],
      text: each.text,
      files: (each.evidence ?? []).map((hash) => fileView(hash, files)),
    })),
    base: draft.version,
    aside: draft.aside.map((other) => ({
      version: other.version,
      at: localText(other.updatedAt, zone),
      claim: other.value.claim && CLAIM_WORDS[other.value.claim][lang],
      text: other.value.text,
      files: other.value.evidence.map((hash) => fileView(hash, files)),
    })),
    claims: CLAIMS.map((value) => ({ value, word: CLAIM_WORDS[value][lang], checked: entered.claim === value })),
    textValue: entered.text,
    dueBy: entered.dueBy ?? '',
    files: draft.value.evidence.map((hash) => fileView(hash, files)),
    problems: { claim: texts('claim'), text: texts('text'), dueBy: texts('dueBy'), file: texts('file') },
  };
}

export function fileView(hash: string, files: ReadonlyMap<string, EvidenceFile>) {
  const file = files.get(hash);
  return { hash, name: file?.name ?? hash, size: file ? sizeText(file.size) : '' };
}

function sizeText(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function checkView(
  visit: Visit,
  state: FormState,
  submission: string,
  notice?: { readonly text: string; readonly kind: 'good' | 'warn' },
) {
  const { lang } = visit;
  const w = pageWords(lang);
  return {
    ...frame(visit, w.checkTitle, '/check'),
    notice: notice?.text,
    noticeKind: notice?.kind,
    submission,
    items: state.items
      .filter(({ pending }) => pending)
      .map(({ item, number, draft }) => ({
        number,
        text: item.text[lang],
        claim: draft.value.claim && CLAIM_WORDS[draft.value.claim][lang],
        given: draft.value.text,
        dueBy: draft.value.dueBy,
        files: draft.value.evidence.map((hash) => fileView(hash, state.files)),
      })),
    unanswered: state.items
      .filter(({ answered }) => !answered)
      .map(({ item, number }) => ({ id: item.item, number, text: item.text[lang] })),
  };
}

/** The receipt as text to keep, in the language of the page. */
export function receiptText(visit: Visit, receipt: Receipt, zone: Zone): string {
  const { questionnaire, lang } = visit;
  const w = pageWords(lang);
  return [
    `${w.receiptNumber}: ${receipt.number}`,
    `${w.receiptTime}: ${localText(receipt.receivedAt, zone)}`,
    `${questionnaire.round[lang]} / ${questionnaire.unit[lang]} (${receipt.inspection})`,
    `${w.receiptBy}: ${receipt.by}`,
    `${w.receiptItems}: ${receipt.items}`,
    ...(receipt.late ? [w.receiptLate] : []),
    `${w.receiptHash}: ${receipt.hash}`,
    '',
  ].join('\n');
}

export function receiptView(visit: Visit, receipt: Receipt, zone: Zone) {
  return {
    ...frame(visit, pageWords(visit.lang).receiptTitle, `/receipt/${receipt.submission}`),
    receipt,
    at: localText(receipt.receivedAt, zone),
    text: receiptText(visit, receipt, zone),
  };
}
