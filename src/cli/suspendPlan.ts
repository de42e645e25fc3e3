import { zoneAt } from '../activities/zone.js';
import { environmentSecrets, serviceControl } from '../connectors/serviceControl/index.js';
import { externalOf, functionOf } from '../domain/serviceMap.js';
import { durationText } from '../domain/deadline/steps.js';
import type { SuspensionPreview } from '../domain/plan.js';
import type { Plan } from '../domain/suspension.js';
import { seatsFor } from '../domain/roster.js';
import type { Result } from './app.js';
import type { Context } from './context.js';
import { local } from './output.js';
import { showSeats } from './send.js';

/** The dry run of a proposal or an emergency stop: everything that a person should see before doing it. */
export async function planResult(
  context: Context,
  workflowId: string,
  { plan, preview }: { plan: Plan; preview: SuspensionPreview },
): Promise<Result> {
  const at = context.now();
  const { documents } = await context.documents();
  const zone = zoneAt(documents.playbook.zone, at);
  const rule = plan.input.emergency ? 'suspension.ratify' : 'suspension.approve';
  const { roster, decisions } = documents;
  const { by: proposer, failedControl } = plan.input;
  const row = decisions.subjects[rule];
  const seats = row ? seatsFor(roster, row, { proposer, failedControl }, at) : [];
  const within = durationText(plan.terms.suspension.siblingsWithin);
  const name = (target: string) => functionOf(documents.services, target).name;
  const underWay = new Map(
    await Promise.all(preview.targets.map(async ({ target }) => [target, await inFlightOf(context, target)] as const)),
  );
  return {
    data: {
      dryRun: true,
      workflowId,
      input: plan.input,
      digest: plan.digest,
      preview,
      underWay: Object.fromEntries(underWay),
      decidedBy: { rule, seats },
    },
    page: (page) => {
      page.heading(page.t({ en: 'DRY RUN: nothing is done', ja: '確認のみ（何も実施しません）' }), 'yellow');
      page.raw(
        `${workflowId}   ${page.t(preview.measure === 'suspend' ? { en: 'stop', ja: '停止' } : { en: 'restrict', ja: '制限' })}${plan.input.emergency ? page.t({ en: ', emergency', ja: '（緊急）' }) : ''}`,
      );
      page.heading(page.t({ en: 'Targets', ja: '対象' }));
      page.table(
        [
          page.t({ en: 'function', ja: '機能' }),
          page.t({ en: 'name', ja: '名称' }),
          page.t({ en: 'customers', ja: 'お客さま' }),
          page.t({ en: 'under way', ja: '処理中のもの' }),
          ...(preview.measure === 'restrict' ? [page.t({ en: 'limit', ja: '上限' })] : []),
        ],
        preview.targets.map((target) => [
          target.target,
          page.t(name(target.target)),
          target.customers
            ? `${target.customers.approx ? page.t({ en: 'about ', ja: '約' }) : ''}${target.customers.value.toLocaleString('en-US')}`
            : '-',
          `${underWay.get(target.target) ?? '?'} (${target.inFlight})`,
          ...(preview.measure === 'restrict'
            ? [target.limitYen === undefined ? '-' : `${target.limitYen.toLocaleString('en-US')} 円`]
            : []),
        ]),
      );
      for (const { target, substitutes } of preview.targets)
        for (const substitute of functionOf(documents.services, target).substitutes.slice(0, substitutes.length))
          page.text(`${page.t({ en: `Instead of ${target}`, ja: `${target} の代替手段` })}: ${page.t(substitute)}`, 2);
      const sharing = preview.targets.filter(({ sharesControlWith }) => sharesControlWith.length > 0);
      if (sharing.length > 0)
        page.heading(page.t({ en: 'Goes on running with a shared control', ja: '対策を共有し、動き続ける機能' }));
      for (const { target, sharesControlWith } of sharing) page.text(`${target}: ${sharesControlWith.join(', ')}`, 2);
      page.heading(
        page.t({
          en: `To be judged within ${within.en}, by name`,
          ja: `期限内に一つずつ判断する関連機能（${within.ja}）`,
        }),
      );
      page.text(preview.siblings.join(', ') || page.t({ en: 'none', ja: 'なし' }), 2);
      page.heading(
        plan.input.emergency
          ? page.t({ en: 'Effect at once; to be ratified by', ja: '直ちに実施。追認できる人' })
          : page.t({ en: 'To be approved by', ja: '承認できる人' }),
      );
      showSeats(page, seats);
      if (plan.input.expectedEnd)
        page.text(`${page.t({ en: 'Expected end', ja: '終了見込み' })}: ${local(plan.input.expectedEnd, zone)}`, 2);
      page.raw();
      page.raw(
        `${page.t({ en: 'Digest of exactly this', ja: 'この内容の要約値' })}: ${page.paint(plan.digest, 'bold')}`,
      );
    },
  };
}

/** How long a dry run waits for the channel system. */
const PATIENCE_MS = 3_000;

/** Items that a function has under way now; null when the channel system does not tell. Not part of the digest: it changes by the second. */
async function inFlightOf(context: Context, target: string): Promise<number | null> {
  const { documents } = await context.documents();
  const fn = functionOf(documents.services, target);
  const connector = documents.connectors.connectors.find(({ id }) => id === fn.connector);
  if (!connector) return null;
  const control = serviceControl(connector, environmentSecrets(context.env), context.env);
  const answer = await control.read({ id: target, external: externalOf(fn, target) }, AbortSignal.timeout(PATIENCE_MS));
  return answer.kind === 'state' ? (answer.inFlight ?? null) : null;
}
