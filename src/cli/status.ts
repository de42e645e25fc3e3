import { localText } from '../domain/instant.js';
import type { Sentence } from '../domain/sentence.js';
import { splitSubject } from '../domain/suspension.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { foldInspections, foldTasks } from './inspectionTasks.js';
import { decideCommand, decideJson, type Shown } from './jobs.js';
import { dueText, fromNow, local, type Page } from './output.js';
import { statusReport, type Known, type StatusReport } from './statusReport.js';
import { showRounds } from './statusRounds.js';
import { showWaiting } from './suspendStatus.js';

export function statusCommand(app: App, ...word: Word) {
  return app.command(...word).action((flags) => app.run(flags, (context) => status(context)));
}

async function status(context: Context): Promise<Result> {
  const report = await statusReport(context);
  const allUp = report.parts.every(({ state }) => state === 'up' || state === 'by-hand');
  // A program that watches the exit code learns of a part that is down.
  return { data: report, page: (page) => show(page, report), exitCode: allUp ? 0 : 1 };
}

const MODES = {
  live: { en: ' LIVE ', ja: ' 本番 LIVE ' },
  drill: { en: ' 訓練 DRILL ', ja: ' 訓練 DRILL ' },
  unknown: { en: ' LIVE or DRILL: not known ', ja: ' 本番か訓練か不明 ' },
} as const;

const STATES = {
  up: { en: 'up', ja: '稼働' },
  down: { en: 'DOWN', ja: '停止' },
  unknown: { en: 'unknown', ja: '不明' },
  'by-hand': { en: 'by hand', ja: '手作業' },
} as const;

function show(page: Page, report: StatusReport): void {
  const { parts, at, zone, mode, playbook, onDuty, known } = report;
  const title = playbook ? page.t(playbook.title) : '';
  page.raw(
    `${page.paint(page.t(MODES[mode]), 'inverse', 'bold', mode === 'drill' ? 'yellow' : 'red')}  ${page.paint(localText(at, zone), 'bold')}  ${title}`,
  );
  page.raw(
    parts
      .map(
        ({ name, state }) =>
          `${page.t(name)} ${page.paint(page.t(STATES[state]), state === 'up' ? 'green' : state === 'by-hand' ? 'dim' : 'red')}`,
      )
      .join('   '),
  );
  for (const { problem } of parts) if (problem) page.text(`! ${page.t(problem)}`, 0, 'red');
  page.raw(
    onDuty
      ? `${page.t({ en: 'On duty', ja: '当直責任者' })} ${page.paint(onDuty.person, 'bold')}   ${page.t({ en: 'second', ja: '二人目' })} ${page.paint(onDuty.second, 'bold')}`
      : page.paint(
          page.t({
            en: 'Nobody is on duty: the rota has no entry for now.',
            ja: '当番表に現在の当直責任者がいません。',
          }),
          'red',
        ),
  );
  if (!known) {
    page.raw();
    page.text(
      page.t({
        en: 'The register is down: losses, stops and decisions are not known here. What is stopped stays stopped.',
        ja: '台帳が停止中のため、被害・停止・判断の状況は分かりません。停止中の機能は停止のままです。',
      }),
      0,
      'bold',
    );
    return;
  }
  showIncidents(page, known, report);
  showRounds(page, known.rounds);
  showWork(page, known, report);
}

function showIncidents(page: Page, known: Known, { at, zone, playbook }: StatusReport): void {
  page.heading(page.t({ en: 'LOSSES', ja: '被害' }));
  if (known.incidents.length === 0)
    page.text(page.t({ en: 'No loss is confirmed.', ja: '確認した被害はありません。' }), 2);
  for (const { incident, cases, lastLoss, lossesGoOn, despiteStop } of known.incidents) {
    const ago = page.t(fromNow(lastLoss.confirmedAt, at));
    const goesOn = lossesGoOn
      ? page.paint(page.t({ en: 'LOSSES GO ON', ja: '被害は継続中' }), 'red', 'bold')
      : page.paint(
          page.t({
            en: 'no loss in the last 24 h on a function that still runs',
            ja: '24時間以内に、動いている機能での被害はありません',
          }),
          'green',
        );
    const count = page.t({ en: `${cases} case${cases === 1 ? '' : 's'}`, ja: `${cases}件` });
    page.raw(
      `  ${page.paint(incident, 'bold')}   ${page.t({ en: 'last confirmed', ja: '最終確認' })} ${local(lastLoss.confirmedAt, zone)} (${ago})   ${lastLoss.target}   ${count}`,
    );
    page.raw(`      ${goesOn}`);
    if (despiteStop.length > 0)
      page.text(
        page.t({
          en: `DESPITE THE STOP of ${despiteStop.join(', ')}: cases occurred after it was executed. The stop does not hold, or they come another way: look at the task below.`,
          ja: `${despiteStop.join('、')} は停止中ですが、停止の実行後に発生した被害があります。停止が効いていないか、別の経路での被害です。下のタスクを確認してください。`,
        }),
        6,
        'red',
      );
  }
  page.heading(page.t({ en: 'STILL EXPOSED', ja: '危険にさらされている機能' }));
  if (!playbook)
    page.text(
      page.t({
        en: 'The playbook cannot be read: which functions share a failed control is not known here.',
        ja: 'プレイブックを読めないため、不備のあった対策を共有する機能は分かりません。',
      }),
      2,
      'yellow',
    );
  if (known.exposed.length === 0 && playbook) page.text(page.t({ en: 'None.', ja: 'ありません。' }), 2);
  if (known.exposed.length > 0)
    page.table(
      [],
      known.exposed.map(({ function: id, state, name, why }) => [
        page.paint(id, 'bold'),
        page.paint(state, 'red'),
        ...(page.narrow ? [] : [page.t(name)]),
        page.t(why),
      ]),
    );
  if (known.measures.length > 0) {
    page.heading(page.t({ en: 'MEASURES', ja: '措置' }));
    page.table(
      [],
      known.measures.map(({ workflowId, stage, targets, proven, byHand, skipped }) => [
        workflowId,
        stage === 'PARTIALLY_FAILED' ? page.paint(stage, 'red') : stage,
        page.t({
          en: `${proven} of ${targets} proven${byHand > 0 ? `, ${byHand} by hand` : ''}${skipped > 0 ? `, ${skipped} SKIPPED` : ''}`,
          ja: `${targets}件中 ${proven}件確認済み${byHand > 0 ? `、手作業 ${byHand}件` : ''}${skipped > 0 ? `、見送り ${skipped}件` : ''}`,
        }),
      ]),
    );
  }
  if (known.emergencies.length > 0)
    page.heading(page.t({ en: 'EMERGENCY STOPS NOT RATIFIED', ja: '未追認の緊急停止' }));
  for (const { workflowId, ratifyBy } of known.emergencies) {
    const due = dueText(ratifyBy, at, zone);
    page.raw(
      `  ${workflowId}   ${page.t({ en: 'ratify by', ja: '追認期限' })} ${page.paint(page.t(due.text), due.overdue ? 'red' : 'yellow')}`,
    );
  }
}

/** An overdue clock is named; the rest of many are counted. */
const SHOWN_CLOCKS = 5;

/** The most urgent decisions come with their JSON for the Web UI; with all of many the first minute would fit no screen. */
const SENDABLE = 5;

function showWork(page: Page, known: Known, { at, zone }: StatusReport): void {
  page.heading(page.t({ en: 'CLOCKS', ja: '時限' }));
  const { nextClock, overdue } = known;
  for (const clock of overdue.slice(0, SHOWN_CLOCKS))
    page.raw(`  ${page.paint(page.t(dueText(clock.at, at, zone).text), 'red')}   ${page.t(clock.what)}`);
  const more = overdue.length - SHOWN_CLOCKS;
  if (more > 0)
    page.text(
      page.t({ en: `and ${more} more overdue: npx hikeshi tasks`, ja: `ほか期限超過 ${more} 件: npx hikeshi tasks` }),
      2,
      'red',
    );
  if (nextClock)
    page.raw(
      `  ${page.t({ en: 'next', ja: '次' })} ${page.t(dueText(nextClock.at, at, zone).text)}   ${page.t(nextClock.what)}`,
    );
  else page.text(page.t({ en: 'No clock runs.', ja: '進行中の時限はありません。' }), 2);

  const { decisions, later, needsHuman } = known;
  page.heading(
    page.t({ en: `DECISIONS THAT WAIT (${decisions.length})`, ja: `待っている判断（${decisions.length}件）` }),
    ...(decisions.length > 0 ? (['yellow'] as const) : []),
  );
  if (decisions.length === 0) page.text(page.t({ en: 'None.', ja: 'ありません。' }), 2);
  const shown = folded(foldInspections(decisions));
  for (const [index, decision] of shown.entries())
    showWaiting(page, decision, at, zone, { brief: true, send: index < SENDABLE });
  if (shown.length > SENDABLE)
    page.text(
      page.t({
        en: `JSON and links of the other ${shown.length - SENDABLE}: npx hikeshi status --json`,
        ja: `ほか ${shown.length - SENDABLE} 件の JSON とリンク: npx hikeshi status --json`,
      }),
      2,
      'dim',
    );
  for (const { workflowId, subject, due } of later)
    page.raw(
      page.paint(
        `  ${page.t({ en: 'later', ja: '後日' })} ${subject} ${due ? local(due, zone) : ''}   ${workflowId}`,
        'dim',
      ),
    );

  page.heading(
    page.t({ en: `NEEDS A HUMAN (${needsHuman.length})`, ja: `人の対応が必要（${needsHuman.length}件）` }),
    ...(needsHuman.length > 0 ? (['yellow'] as const) : []),
  );
  if (needsHuman.length === 0) page.text(page.t({ en: 'Nothing else.', ja: 'ほかにはありません。' }), 2);
  for (const task of foldTasks(needsHuman)) {
    page.raw();
    page.text(page.t(task.asks), 2);
    if (task.command) page.code(task.command);
    page.raw(`    ${page.paint(task.link, 'dim')}`);
  }
}

/** What is said of many functions at once, each to be decided by name. */
const TOGETHER: Readonly<Record<string, (parts: string) => Sentence>> = {
  sibling: (parts) => ({
    en: `Judge each of these, which share the failed control, by name: may it go on (keep), or not (stop)? ${parts}.`,
    ja: `不備のあった対策を共有する次の機能について、一つずつ「keep（継続）」か「stop（停止）」を判断してください: ${parts}。`,
  }),
  target: (parts) => ({
    en: `These are not proven to obey. Look at the channel system; then decide each by name: retry, done-by-hand or skip. ${parts}.`,
    ja: `次の対象は、指示どおりになったと確認できません。業務システムを確認し、一つずつ retry（再試行）、done-by-hand（手作業で実施済み）、skip（見送り）を判断してください: ${parts}。`,
  }),
};

/** Questions about many functions of one suspension become one block, so that the first minute fits one screen; `tasks` lists each. */
function folded(decisions: readonly Shown[]): Shown[] {
  const groups = new Map<string, Shown[]>();
  for (const decision of decisions) {
    const { workflowId, subject, digest, due, alone } = decision;
    const [kind, part] = splitSubject(subject);
    const key =
      part !== undefined && kind in TOGETHER && !alone
        ? [workflowId, kind, digest, due].join(' ')
        : `${workflowId} ${subject}`;
    groups.set(key, [...(groups.get(key) ?? []), decision]);
  }
  return [...groups.values()].map((group) => {
    const first = group[0]!;
    if (group.length === 1) return first;
    const [kind] = splitSubject(first.subject);
    const parts = group.map(({ subject }) => splitSubject(subject)[1]).join(', ');
    const { workflowId, verdicts, digest } = first;
    return {
      ...first,
      subject: `${kind} (${group.length})`,
      asks: TOGETHER[kind]!(parts),
      command: decideCommand(workflowId, `${kind}:FUNCTION`, verdicts, digest),
      json: decideJson(`${kind}:FUNCTION`, verdicts, digest),
    };
  });
}
