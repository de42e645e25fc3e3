import { environmentSecrets, serviceControl } from '../connectors/serviceControl/index.js';
import type { Duration, Zone } from '../domain/instant.js';
import { durationText } from '../domain/deadline/steps.js';
import type { Sentence } from '../domain/sentence.js';
import { lookUp, outsideOf } from '../domain/serviceMap.js';
import type { SuspensionPreview } from '../domain/suspension.js';
import { toldApart } from '../domain/wording/function.js';
import { sharers } from '../domain/wording/suspensionPreview.js';
import type { AllDocuments } from '../store/documents.js';
import type { Context } from './context.js';
import { local, type Page } from './output.js';

/** How many items each target has under way now; null where the channel system does not tell. */
export type UnderWay = Readonly<Record<string, number | null>>;

interface Around {
  readonly documents: Pick<AllDocuments, 'services'>;
  readonly zone: Zone;
  readonly siblingsWithin?: Duration;
  /** Absent: the channel system was not asked. */
  readonly underWay?: UnderWay | undefined;
}

/** What a suspension would do, or does until somebody ratifies it: what its digest covers. */
export function showPreview(page: Page, preview: SuspensionPreview, around: Around): void {
  const { documents, zone, siblingsWithin, underWay } = around;
  const restricts = preview.measure === 'restrict';
  const name = (target: string): Sentence => lookUp(documents.services, target)?.name ?? { en: target, ja: target };
  page.text(`${page.t({ en: 'Reason', ja: '理由' })}: ${preview.reason}`, 2);
  page.heading(page.t({ en: 'Targets', ja: '対象' }));
  page.table(
    [
      page.t({ en: 'function', ja: '機能' }),
      page.t({ en: 'name', ja: '名称' }),
      page.t({ en: 'order', ja: '順' }),
      page.t({ en: 'customers', ja: 'お客さま' }),
      page.t({ en: 'under way', ja: '処理中のもの' }),
      ...(restricts ? [page.t({ en: 'limit', ja: '上限' })] : []),
    ],
    preview.targets.map((target) => [
      target.target,
      page.t(toldApart(name(target.target), target)),
      String(target.stopOrder),
      target.customers
        ? `${target.customers.approx ? page.t({ en: 'about ', ja: '約' }) : ''}${target.customers.value.toLocaleString('en-US')}`
        : '-',
      underWay ? `${underWay[target.target] ?? '?'} (${target.inFlight})` : target.inFlight,
      ...(restricts ? [target.limitYen === undefined ? '-' : `${target.limitYen.toLocaleString('en-US')} 円`] : []),
    ]),
  );
  for (const { target, substitutes } of preview.targets)
    for (const substitute of substitutes)
      page.text(`${page.t({ en: `Instead of ${target}`, ja: `${target} の代替手段` })}: ${page.t(substitute)}`, 2);
  const sharing = preview.targets.filter(({ sharesControlWith }) => sharesControlWith.length > 0);
  if (sharing.length > 0)
    page.heading(page.t({ en: 'Goes on running with a shared control', ja: '対策を共有し、動き続ける機能' }));
  for (const target of sharing) page.text(`${target.target}: ${sharers(target)}`, 2);
  const within = siblingsWithin && durationText(siblingsWithin);
  page.heading(
    page.t({
      en: `To be judged${within ? ` within ${within.en}` : ''}, by name`,
      ja: `一つずつ判断する関連機能${within ? `（${within.ja}以内）` : ''}`,
    }),
  );
  page.text(preview.siblings.join(', ') || page.t({ en: 'none', ja: 'なし' }), 2);
  if (preview.expectedEnd)
    page.text(`${page.t({ en: 'Expected end', ja: '終了見込み' })}: ${local(preview.expectedEnd, zone)}`, 2);
}

/** How long a look at a plan waits for the channel system. */
const PATIENCE_MS = 3_000;

/** Items that each target has under way now. Not part of the digest: it changes by the second. */
export async function underWayOf(context: Context, { targets }: SuspensionPreview): Promise<UnderWay> {
  const { documents } = await context.documents();
  const counts = targets.map(async ({ target }) => [target, await inFlightOf(context, documents, target)] as const);
  return Object.fromEntries(await Promise.all(counts));
}

async function inFlightOf(context: Context, documents: AllDocuments, target: string): Promise<number | null> {
  const fn = lookUp(documents.services, target);
  const connector = documents.connectors.connectors.find(({ id }) => id === fn?.connector);
  if (!fn || !connector) return null;
  const control = serviceControl(connector, environmentSecrets(context.env), context.env);
  const answer = await control.read(outsideOf(fn, target), AbortSignal.timeout(PATIENCE_MS));
  return answer.kind === 'state' ? (answer.inFlight ?? null) : null;
}
