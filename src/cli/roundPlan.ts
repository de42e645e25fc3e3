import { openRound } from '../activities/inspectionRound.js';
import { examples } from '../domain/examples.js';
import { InspectionRoundInput, type RoundPlan } from '../domain/inspectionRound.js';
import { roundId } from '../domain/ids.js';
import { parseInput } from '../domain/input.js';
import { Refusal } from '../domain/refusal.js';
import { seatsFor } from '../domain/roster.js';
import { dueText } from '../domain/wording/due.js';
import { BASIS_WORDS, wordOf } from '../domain/wording/inspection.js';
import { arithmeticText } from '../domain/wording/arithmetic.js';
import type { App, Result } from './app.js';
import { UPDATE_MS, type Context } from './context.js';
import { readInput, requireFlags } from './input.js';
import type { ActingFlags } from './options.js';
import { roundOf } from './roundAt.js';
import { roundStatus } from './roundStatus.js';
import { dryRunHeading, showSeats } from './send.js';
import { requireSameRound, startJob } from './startJob.js';

export interface PlanFlags extends ActingFlags {
  readonly target?: string | undefined;
  readonly titleJa?: string | undefined;
  readonly titleEn?: string | undefined;
  readonly units?: string[] | undefined;
  readonly firmness?: string | undefined;
  readonly basis?: string[] | undefined;
  readonly input?: string | undefined;
}

/** Starts a round, which waits to be opened; the dry run shows whom it would ask, and by when. */
export async function planRoundResult(
  app: App,
  context: Context,
  text: string | undefined,
  flags: PlanFlags,
): Promise<Result> {
  const input = await inputOf(text, flags);
  const workflowId = roundId(input.round);
  await context.register();
  const opened = await context.asking(
    openRound({ store: context.store(), drill: false }, { workflowId, input, at: context.now() }),
    UPDATE_MS,
  );
  if (opened.kind === 'refused') throw new Refusal(opened.sentence);
  if (opened.kind === 'resumed') throw new Refusal(startedBefore(input.round));
  if (flags.dryRun) return planned(context, workflowId, opened.plan);
  const summary = `${opened.plan.units.length} unit(s)`;
  return startJob(app, context, flags, { job: 'inspectionRound', workflowId, input, summary }, () =>
    roundStatus(context, input.round),
  );
}

async function inputOf(text: string | undefined, flags: PlanFlags): Promise<InspectionRoundInput> {
  if (flags.input !== undefined) {
    const input = parseInput(InspectionRoundInput, await readInput(flags.input), examples.inspectionRound);
    if (text !== undefined) requireSameRound(roundOf(text), input);
    return input;
  }
  const { target, titleJa, titleEn, units, firmness, basis, by, reason } = flags;
  requireFlags(
    { target, 'title-ja': titleJa, 'title-en': titleEn, by, reason },
    `npx hikeshi round plan R2020 --target 10月末 --title-ja 総点検 --title-en Inspection --by provider-manager-1 --reason 'Led by the president' --basis code=AFTER_HARDENING`,
  );
  const raw = {
    v: 1,
    round: text === undefined ? undefined : roundOf(text),
    title: { ja: titleJa, en: titleEn },
    by,
    reason,
    target,
    ...(units && { units }),
    ...(firmness !== undefined && { firmness }),
    ...(basis && { basis: Object.fromEntries(basis.map((each) => each.split('=', 2))) as object }),
  };
  return parseInput(InspectionRoundInput, raw, examples.inspectionRound);
}

async function planned(context: Context, workflowId: string, plan: RoundPlan): Promise<Result> {
  const { documents } = await context.documents();
  const at = context.now();
  const row = documents.decisions.subjects['inspectionRound.open'];
  const openers = row ? seatsFor(documents.roster, row, { proposer: plan.input.by }, at) : [];
  const groups = (documents.providers?.groups ?? [])
    .map(({ id, name }) => ({
      name,
      units: documents.providers!.units.filter((unit) => unit.group === id && plan.units.includes(unit.id)),
    }))
    .filter(({ units }) => units.length > 0);
  const { input, target, basis } = plan;
  return {
    data: { dryRun: true, workflowId, input, target, units: plan.units, basis, openedBy: openers },
    page: (page) => {
      dryRunHeading(page);
      page.raw(`${workflowId}   ${page.t(input.title)}`);
      if (target.date)
        page.text(
          `${page.t({ en: 'Target', ja: '完了目標' })}: ${page.t(dueText({ date: target.date, lastOpenDay: target.lastOpenDay }))}`,
        );
      page.text(page.t(arithmeticText(target)), 2, 'dim');
      page.heading(page.t({ en: `Units (${plan.units.length})`, ja: `対象（${plan.units.length}）` }));
      for (const { name, units } of groups) {
        page.text(page.t({ en: `${name.en} (${units.length})`, ja: `${name.ja}（${units.length}）` }), 2, 'bold');
        for (const code of new Set(units.map(({ id }) => basis[id]!)))
          page.text(
            `${page.t(wordOf(BASIS_WORDS, code))}: ${units
              .filter(({ id }) => basis[id] === code)
              .map(({ id }) => id)
              .join(', ')}`,
            4,
          );
      }
      page.heading(page.t({ en: 'To be opened by', ja: '開始を判断できる人' }));
      showSeats(page, openers);
    },
  };
}

const startedBefore = (round: string) => ({
  en: `The round ${round} was started before. Look at it with "hikeshi round status ${round}", or choose another code.`,
  ja: `点検 ${round} は既に開始されています。hikeshi round status ${round} で確認するか、別のコードにしてください。`,
});
