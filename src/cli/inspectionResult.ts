import { remediationDates } from '../activities/providerInspection.js';
import { shortDate } from '../domain/date.js';
import { examples } from '../domain/examples.js';
import type { Instant } from '../domain/instant.js';
import {
  AcceptRiskInput,
  commitRemediation,
  CommitRemediationInput,
  functionsAtRisk,
  inspectionOver,
  proposeRisk,
  ReopenInput,
  requireReopenable,
  resultOf,
  type InspectionState,
} from '../domain/providerInspection.js';
import { Refusal } from '../domain/refusal.js';
import { arithmeticText } from '../domain/wording/arithmetic.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { mayDo } from './inspectionAt.js';
import { decideCommand, readJob } from './jobs.js';
import type { ActingFlags } from './options.js';
import { local } from './output.js';
import { inspectionOf } from './roundAt.js';
import { shortDay } from './roundTable.js';
import { dryRunHeading, jsonOf, sendToClosed, sendUpdate } from './send.js';

interface JsonFlags extends ActingFlags {
  readonly input?: string | undefined;
}

/** The day by which a unit promises to mend what failed. */
export async function commit(
  context: Context,
  name: string,
  { due, by, reason, input, dryRun }: JsonFlags & { readonly due?: string | undefined },
): Promise<Result> {
  const workflowId = await context.asking(inspectionOf(await context.register(), name));
  const json = await jsonOf(
    CommitRemediationInput,
    { due, by, reason, input },
    {
      example: examples.commitRemediation,
      usage: `npx hikeshi inspection commit ${name} --due 12月中 --by provider-manager-1 --reason 'The monthly limit is promised'`,
    },
  );
  const zone = await context.zone();
  if (dryRun) {
    const { state } = await mayDo(context, workflowId, { rule: 'commitRemediation', by: json.by });
    const found = await context.asking(
      remediationDates({ store: context.store() }, { due: json.due, at: context.now() }),
    );
    if (found.kind === 'refused') throw new Refusal(found.sentence);
    commitRemediation(state, json, found.dates, context.now());
    const { date, lastOpenDay, at } = found.dates.due;
    return {
      data: { dryRun: true, workflowId, update: 'commitRemediation', input: json, due: found.dates.due },
      page: (page) => {
        dryRunHeading(page);
        page.text(
          page.t({
            en: `${workflowId} would promise ${date ? shortDate(date) : local(at, zone)}${lastOpenDay ? `, last bank day ${shortDate(lastOpenDay)}` : ''}.`,
            ja: `${workflowId} の対応期日は ${date ? shortDay(date).ja : local(at, zone)}${lastOpenDay ? `、最終の銀行営業日は ${shortDay(lastOpenDay).ja}` : ''} となります。`,
          }),
        );
        page.text(page.t(arithmeticText(found.dates.due)), 2, 'dim');
      },
    };
  }
  const sent = await sendUpdate<{ due: Instant }>(context, workflowId, 'commitRemediation', json);
  return {
    data: { workflowId, ...sent },
    page: (page) =>
      page.text(
        page.t({
          en: `The promise of ${workflowId} is entered, due ${local(sent.due, zone)}.`,
          ja: `${workflowId} の対応期日（${local(sent.due, zone)}）を登録しました。`,
        }),
        0,
        'green',
      ),
  };
}

/** The second line takes a result back, also one that its round ended with. */
export async function reopen(
  context: Context,
  name: string,
  { by, reason, input, dryRun }: JsonFlags,
): Promise<Result> {
  const workflowId = await context.asking(inspectionOf(await context.register(), name));
  const json = await jsonOf(
    ReopenInput,
    { by, reason, input },
    {
      example: examples.reopen,
      usage: `npx hikeshi inspection reopen ${name} --by compliance-1 --reason 'New cases at this provider'`,
    },
  );
  if (dryRun) {
    const { state } = await mayDo(context, workflowId, { rule: 'reopen', verdict: 'reopen', by: json.by });
    requireReopenable(state);
    const was = resultOf(state);
    return {
      data: { dryRun: true, workflowId, update: 'reopen', input: json, was },
      page: (page) => {
        dryRunHeading(page);
        page.text(
          page.t({
            en: `The result ${was} of ${workflowId} would be taken back, and the unit evaluated again.`,
            ja: `${workflowId} の結果 ${was} を取り消し、再評価とします。`,
          }),
        );
      },
    };
  }
  const job = await context.asking(readJob(await context.register(), workflowId));
  const sent = inspectionOver(job.of.state as InspectionState)
    ? await sendToClosed<{ phase: string }>(
        context,
        { job: 'providerInspection', workflowId, summary: 'reopened by the second line' },
        'reopen',
        json,
      )
    : await sendUpdate<{ phase: string }>(context, workflowId, 'reopen', json);
  return {
    data: { workflowId, ...sent },
    page: (page) =>
      page.text(
        page.t({
          en: `${workflowId} is open again (${sent.phase}).`,
          ja: `${workflowId} を再開しました（${sent.phase}）。`,
        }),
        0,
        'green',
      ),
  };
}

interface RiskFlags extends JsonFlags {
  readonly items?: string[] | undefined;
  readonly until?: string | undefined;
}

/** Failing items may stand until a day (R-06): proposed by one person of two, with an end. */
export async function acceptRisk(
  context: Context,
  name: string,
  { items, until, by, reason, input, dryRun }: RiskFlags,
): Promise<Result> {
  const workflowId = await context.asking(inspectionOf(await context.register(), name));
  const json = await jsonOf(
    AcceptRiskInput,
    { items, until, by, reason, input },
    {
      example: examples.acceptRisk,
      usage: `npx hikeshi inspection accept-risk ${name} --items charge-limits --until 2020-12-31 --by ciso-1 --reason 'Watched by hand until then'`,
    },
  );
  if (dryRun) {
    const { state, authority } = await mayDo(context, workflowId, {
      rule: 'acceptRisk',
      verdict: 'accept',
      by: json.by,
    });
    proposeRisk(state, json, '-', authority, context.now());
    const now = Object.keys(functionsAtRisk(state));
    const freed = now.filter((fn) => !Object.hasOwn(functionsAtRisk(state, json.items), fn));
    return {
      data: { dryRun: true, workflowId, update: 'acceptRisk', input: json, noLongerAtRisk: freed },
      page: (page) => {
        dryRunHeading(page);
        page.text(
          page.t({
            en: `${json.items.join(', ')} of ${workflowId} would be accepted until ${shortDate(json.until)}, if a second person accepts it too. Functions that may then run: ${freed.join(', ') || 'none'}.`,
            ja: `二人目が承認すると、${workflowId} の ${json.items.join('、')} の未充足を ${shortDay(json.until).ja} まで受容します。稼働が認められる機能: ${freed.join('、') || 'なし'}。`,
          }),
        );
      },
    };
  }
  const { digest } = await sendUpdate<{ digest: string }>(context, workflowId, 'acceptRisk', json);
  const second = decideCommand(workflowId, 'acceptRisk', ['accept', 'refuse'], digest);
  return {
    data: { workflowId, digest, accept: second },
    page: (page) => {
      page.text(
        page.t({
          en: 'The acceptance is proposed. It holds when a second person accepts exactly this, and ends by itself.',
          ja: 'リスク受容を提案しました。二人目がこの内容を承認すると有効となり、期日に終了します。',
        }),
        0,
        'green',
      );
      page.code(second, 2);
    },
  };
}
