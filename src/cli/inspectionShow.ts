import { CLAIM_WORDS } from '../domain/answers.js';
import type { Instant } from '../domain/instant.js';
import { METHODS } from '../domain/providers.js';
import { newEvidence, seenWhenFailed, type InspectionState, type NotApplicable } from '../domain/providerInspection.js';
import { askedItems, type QuestionnaireItem } from '../domain/questionnaire.js';
import { Refusal } from '../domain/refusal.js';
import {
  BASIS_WORDS,
  ITEM_WORDS,
  RESULT_WORDS,
  SERVICE_STATE_WORDS,
  STRENGTH_WORDS,
  wordOf,
} from '../domain/wording/inspection.js';
import { reportWords } from '../domain/wording/roundReport.js';
import { readInspection, type KeptInspection } from '../store/inspections.js';
import { functionStates } from '../store/rounds.js';
import type { Result } from './app.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { showBack, showRisks } from './inspectionKept.js';
import { showLinks } from './inspectionLink.js';
import { questionsOf, readJob, standingOf, waiting } from './jobs.js';
import { dueText, local, oneLine, type Page } from './output.js';
import { inspectionOf } from './roundAt.js';
import { showWaiting } from './suspendStatus.js';

/** One unit of a round: how it stands, what was asked, answered and said of each item, and its links. */
export async function showInspection(context: Context, name: string, item: string | undefined): Promise<Result> {
  const db = await context.register();
  const workflowId = await context.asking(inspectionOf(db, name));
  const [{ at }, job, kept, states, zone, { documents }] = await Promise.all([
    context.asking(modeOf(db, context.now())),
    context.asking(readJob(db, workflowId)),
    context.asking(readInspection(db, workflowId)).then((found) => found!),
    context.asking(functionStates(db)),
    context.zone(),
    context.documents(),
  ]);
  const unit = documents.providers?.units.find(({ id }) => id === kept.row.unit);
  const items = itemsOf(kept, seenWhenFailed(job.of.state as InspectionState)).filter(
    (each) => item === undefined || each.item === item,
  );
  if (item !== undefined && items.length === 0) throw noItem(workflowId, kept);
  const links = kept.links.map((link) => ({
    ...link,
    standing: link.revokedAt ? ('revoked' as const) : link.expiresAt <= at ? ('expired' as const) : ('valid' as const),
  }));
  const functions = (unit?.functions ?? []).map((id) => ({ function: id, state: states.get(id) ?? 'ACTIVE' }));
  const waitsFor = questionsOf(job.of).map((question) =>
    waiting(job, question, documents, at, context.link(workflowId)),
  );
  const time = (instant: Instant) => local(instant, zone);
  return {
    data: {
      at,
      workflowId,
      name: unit?.name,
      standing: standingOf(job.of),
      inspection: kept.row,
      functions,
      authentication: unit?.authentication ?? [],
      items,
      submissions: kept.submissions,
      mails: kept.mails,
      bounces: kept.bounces,
      replies: kept.replies,
      risks: kept.risks,
      links,
      waitsFor,
    },
    page: (page) => {
      const { row } = kept;
      const { inBrackets } = reportWords(page.language);
      page.heading(`${workflowId}   ${row.phase}${unit ? `   ${page.t(unit.name)}` : ''}`);
      page.text(page.t(standingOf(job.of)), 2);
      const line = (label: { en: string; ja: string }, value: string) =>
        page.text(`${page.paint(page.t(label), 'dim')} ${value}`, 2);
      line(
        { en: 'result', ja: '結果' },
        page.t(wordOf(RESULT_WORDS, row.result)) + inBrackets(page.t(wordOf(BASIS_WORDS, row.basis))),
      );
      line(
        { en: 'mandatory items', ja: '必須項目' },
        page.t({
          en: `${row.mandatory}: ${row.satisfied} satisfied, ${row.failing} failing; ${row.left_out} not applicable`,
          ja: `${row.mandatory}: 充足 ${row.satisfied}、未充足 ${row.failing}（該当なし ${row.left_out}）`,
        }),
      );
      const said = row.not_applicable as unknown as NotApplicable | null;
      if (said)
        line(
          { en: 'not applicable', ja: '該当なしの確認' },
          page.t({
            en: `said by ${said.by.join(', ')} (${oneLine(said.reason)}), to be looked at again by ${said.review}`,
            ja: `${said.by.join('、')}（${oneLine(said.reason)}）。見直し ${said.review} まで`,
          }),
        );
      line({ en: 'checklist', ja: '点検基準' }, `${row.framework} ${row.framework_version}`);
      if (row.asked_at) line({ en: 'asked', ja: '照会' }, time(row.asked_at));
      if (row.answered_at) line({ en: 'answered', ja: '回答' }, time(row.answered_at));
      if (row.next_due) {
        const due = dueText(row.next_due, at, zone);
        line({ en: 'next due', ja: '次の期限' }, due.overdue ? page.paint(page.t(due.text), 'red') : page.t(due.text));
      }
      for (const { function: id, state } of functions)
        line({ en: 'function', ja: '機能' }, `${id}   ${page.t(wordOf(SERVICE_STATE_WORDS, state))}`);
      for (const { link, method, strength } of unit?.authentication ?? [])
        line(
          { en: 'authentication', ja: '認証方式' },
          `${link}   ${page.t(METHODS[method])}${inBrackets(page.t(STRENGTH_WORDS[strength]))}`,
        );
      showItems(page, items, time);
      if (item !== undefined) return;
      showRisks(page, kept, at, zone);
      showWays(page, kept, time);
      showBack(page, workflowId, kept, time);
      if (links.length > 0) {
        page.heading(page.t({ en: `LINKS (${links.length})`, ja: `リンク（${links.length}件）` }));
        showLinks(page, links, time);
      }
      for (const question of waitsFor) showWaiting(page, question, at, zone);
    },
  };
}

interface File {
  readonly hash: string;
  readonly name: string;
  readonly size: number | undefined;
}

interface ItemShown {
  readonly item: string;
  readonly phase: number;
  readonly class: string;
  readonly result: string;
  readonly text: QuestionnaireItem['text'] | undefined;
  /** False for one that earlier answers made needless. */
  readonly asked: boolean;
  readonly asksAgain: string | undefined;
  /** Files that came since it was judged to fail; undefined for an item that was not. */
  readonly newEvidence: readonly File[] | undefined;
  /** Answers and what evaluators said, oldest first. */
  readonly thread: readonly {
    readonly at: Instant;
    readonly from: 'provider' | 'bank';
    readonly text: string;
    readonly claim?: keyof typeof CLAIM_WORDS;
    readonly result?: string;
    readonly by?: string;
    readonly files: readonly File[];
  }[];
}

function itemsOf(
  { items, questionnaire, evaluations, files, given }: KeptInspection,
  seen: ReturnType<typeof seenWhenFailed>,
): ItemShown[] {
  const asked = new Map(questionnaire?.items.map((each) => [each.item, each]));
  const open = new Set(questionnaire && askedItems(questionnaire, new Map()).map((each) => each.item));
  const fileOf = (hash: string): File => {
    const file = files.get(hash);
    return { hash, name: file?.name ?? hash, size: file?.size };
  };
  // In the order in which the provider sees them, as far as it was asked.
  const order = [...asked.keys()];
  const place = ({ item }: { readonly item: string }) => (asked.has(item) ? order.indexOf(item) : order.length);
  const sorted = items.toSorted((a, b) => a.phase - b.phase || place(a) - place(b));
  return sorted.map((row) => {
    const question = asked.get(row.item);
    // What the provider reads of an evaluation is part of it; here the whole evaluation stands.
    const answers = (question?.thread ?? []).filter(({ from }) => from === 'provider');
    const said = evaluations.filter(({ item }) => item === row.item);
    return {
      ...row,
      text: question?.text,
      asked: !questionnaire || open.has(row.item),
      asksAgain: question?.asksAgain,
      newEvidence: newEvidence(row.item, seen, given)?.map(fileOf),
      thread: [
        ...answers.map(({ at, text, claim, evidence = [] }) => ({
          at,
          from: 'provider' as const,
          text,
          ...(claim && { claim }),
          files: evidence.map(fileOf),
        })),
        ...said.map(({ at, note, result, by, reviewed }) => ({
          at,
          from: 'bank' as const,
          text: note ?? '',
          result,
          by,
          files: reviewed.map(fileOf),
        })),
      ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    };
  });
}

function showItems(page: Page, items: readonly ItemShown[], time: (at: Instant) => string): void {
  const { phases, inBrackets } = reportWords(page.language);
  page.heading(page.t({ en: `ITEMS (${items.length})`, ja: `項目（${items.length}）` }));
  let phase = 0;
  for (const each of items) {
    if (each.phase !== phase) {
      phase = each.phase;
      page.raw();
      page.text(phases[phase - 1] ?? String(phase), 2, 'bold');
    }
    const advanced = each.class === 'mandatory' ? '' : inBrackets(page.t({ en: 'advanced', ja: '高度化項目' }));
    const failing = each.result === 'INSUFFICIENT' || each.result === 'NOT_IMPLEMENTED';
    const word = page.t(each.asked ? wordOf(ITEM_WORDS, each.result) : { en: 'not asked', ja: '質問対象外' });
    page.text(
      `${page.paint(each.item, 'bold')}${advanced}   ${failing ? page.paint(word, 'red') : each.result === 'SATISFIED' ? page.paint(word, 'green') : word}`,
      2,
    );
    if (each.text) page.text(page.t(each.text), 6, 'dim');
    for (const { at, from, text, claim, result, by, files } of each.thread) {
      const who =
        from === 'provider'
          ? page.t({ en: 'provider', ja: '事業者' })
          : page.t({ en: `evaluator ${by}`, ja: `評価者 ${by}` });
      const what = claim ? page.t(CLAIM_WORDS[claim]) : result ? page.t(wordOf(ITEM_WORDS, result)) : '';
      page.text(
        `${time(at)}  ${who}: ${what}${text === '' ? '' : ` - ${text.split('\n').map(oneLine).join('\n')}`}`,
        6,
      );
      for (const { name, size, hash } of files)
        page.text(`${oneLine(name)}${size === undefined ? '' : `, ${Math.ceil(size / 1024)} kB`}   ${hash}`, 10, 'dim');
    }
    if (each.newEvidence)
      page.text(
        page.t({
          en: `judged to fail; files since then: ${each.newEvidence.map(({ name }) => oneLine(name)).join(', ') || 'none'}`,
          ja: `不充足と評価済み。その後の提出資料: ${each.newEvidence.map(({ name }) => oneLine(name)).join('、') || 'なし'}`,
        }),
        6,
        'yellow',
      );
    if (each.asksAgain)
      page.text(`${page.t({ en: 'asked again', ja: '追加で確認中' })}: ${each.asksAgain}`, 6, 'yellow');
  }
}

function showWays(page: Page, { submissions, mails }: KeptInspection, time: (at: Instant) => string): void {
  if (submissions.length > 0) {
    page.heading(
      page.t({ en: `ANSWERS TAKEN IN (${submissions.length})`, ja: `受領した回答（${submissions.length}件）` }),
    );
    page.table(
      [],
      submissions.map(({ number, receivedAt, channel, items, late }) => [
        number,
        time(receivedAt),
        channel,
        page.t({ en: `${items} items`, ja: `${items}項目` }),
        late ? page.paint(page.t({ en: 'late', ja: '期限後' }), 'yellow') : '',
      ]),
    );
  }
  if (mails.length > 0) {
    page.heading(page.t({ en: `MAILS (${mails.length})`, ja: `メール（${mails.length}件）` }));
    page.table(
      [],
      mails.map(({ at, kind, state, notice, version, ambiguous }) => [
        time(at),
        kind,
        state === 'sent' ? state : page.paint(state, 'red'),
        notice === null ? '' : `${notice} (${version})`,
        ambiguous ? page.paint(page.t({ en: 'maybe twice', ja: '二重送付の可能性' }), 'yellow') : '',
      ]),
    );
  }
}

/** A unit is not asked such an item: names those that it is asked. */
export function noItem(workflowId: string, { items }: KeptInspection): Refusal {
  const known = items.map(({ item }) => item);
  return new Refusal({
    en: `${workflowId} is not asked such an item. It has: ${known.join(', ') || 'none'}.`,
    ja: `${workflowId} にその項目はありません。項目: ${known.join('、') || 'なし'}。`,
  });
}
