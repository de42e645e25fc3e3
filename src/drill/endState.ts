import { sql } from 'kysely';
import { localDate, localText, millis, type Instant, type Zone } from '../domain/instant.js';
import { functionsOf } from '../domain/serviceMap.js';
import type { Store } from '../store/open.js';
import { currentDocuments } from '../store/documents.js';
import type { Json } from '../domain/json.js';
import { readInspectionState } from './inspectionState.js';
import type { Outside } from './outside.js';
import type { Script } from './script.js';
import { zoneAt } from '../activities/zone.js';

export interface FunctionStanding {
  readonly state: string;
  readonly since?: string;
}

/** The end state in the keys and shape of the published one (DOMAIN 4.2), as far as built. */
export interface EndState {
  readonly as_of: string;
  readonly services: Readonly<Record<string, FunctionStanding | number>>;
  readonly ext: Readonly<Record<string, FunctionStanding | string>>;
  readonly waves: Readonly<Record<string, number>>;
  readonly inspection: Readonly<Record<string, Json>>;
}

/** The day on which the number of stopped payment links was published. */
const LINKS_AS_OF = '2020-09-24';

/**
 * Reads the end state from the register by queries, and the victims from the simulator's own log: never from the playbook
 * and never from the memory of the run. A function is ACTIVE only if the register holds nothing against it.
 */
export async function readEndState(store: Store, outside: Outside, script: Script): Promise<EndState> {
  const { services: map, playbook, providers } = await currentDocuments(store.db);
  const zone = zoneAt(playbook.zone, script.start);
  const standings = new Map<string, FunctionStanding>();
  for (const { id } of functionsOf(map)) standings.set(id, await standingAt(store, id, script.end, zone));
  const links = functionsOf(map).filter(({ kind }) => kind === 'link');
  const asOf = new Date(
    Date.parse(`${LINKS_AS_OF}T23:59:59.999Z`) - (zone.offsets[0]?.minutes ?? 0) * 60_000,
  ).toISOString() as Instant;
  let stopped = 0;
  for (const { id } of links) if ((await standingAt(store, id, asOf, zone)).state === 'SUSPENDED') stopped++;

  const named = (id: string) => standings.get(id) ?? { state: 'UNKNOWN' };
  const stop = await store.db
    .selectFrom('function_state')
    .select('effective_at')
    .where('target', '=', 'mijica-transfer')
    .where('state', '=', 'SUSPENDED')
    .orderBy('effective_at')
    .limit(1)
    .executeTakeFirst();
  return {
    as_of: localDate(script.end, zone),
    services: {
      mijica_transfer: named('mijica-transfer'),
      mijica_web: named('mijica-web'),
      mijica_debit: named('mijica-debit'),
      yucho_pay: named('yucho-pay'),
      jp_bank_card: named('jp-bank-card'),
      [`payment_links_stopped_as_of_${LINKS_AS_OF.replaceAll('-', '_')}`]: stopped,
    },
    ext: {
      ...(stop && { mijica_transfer_stop_time: localText(stop.effective_at, zone).replace(' ', 'T').replace(' ', '') }),
      mijica_new_issue: named('mijica-new-issue'),
    },
    waves: await waves(outside, script, store),
    inspection: await readInspectionState(store, providers, script.end, zone),
  };
}

/** How a function stood at an instant: what was last read back, or ACTIVE if it was never ordered and nothing holds it. */
async function standingAt(store: Store, target: string, at: Instant, zone: Zone): Promise<FunctionStanding> {
  const last = await store.db
    .selectFrom('function_state')
    .select(['state', 'effective_at'])
    .where('target', '=', target)
    .where('effective_at', '<=', at)
    .orderBy('effective_at', 'desc')
    .orderBy('order_n', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last)
    return last.state === 'ACTIVE'
      ? { state: 'ACTIVE' }
      : { state: last.state, since: localDate(last.effective_at, zone) };
  const { rows } = await sql<{ touched: boolean }>`
    select exists (select 1 from function_order where target = ${target}) or
           exists (select 1 from hold where target = ${target} and placed_at <= ${at} and (released_at is null or released_at > ${at})) as touched`.execute(
    store.db,
  );
  return { state: rows[0]?.touched ? 'UNKNOWN' : 'ACTIVE' };
}

async function waves(outside: Outside, script: Script, store: Store): Promise<Record<string, number>> {
  const fraud = (await outside.log()).requests.filter(({ purpose }) => purpose === 'fraud');
  const victims = fraud.filter(({ accepted }) => accepted);
  const measure = await store.db
    .selectFrom('timeline')
    .select('effective_at')
    .where('kind', '=', 'decided')
    .where(sql<boolean>`content->>'verdict' = 'restrict'`)
    .orderBy('effective_at')
    .limit(1)
    .executeTakeFirst();
  const waveAt = new Map(
    script.events.flatMap((event) =>
      'fact' in event && event.fact === 'attempts' ? [[event.wave, event.at] as const] : [],
    ),
  );
  const after = measure
    ? victims.filter(({ requestKey }) => millis(waveAt.get(requestKey.split('/')[0]!)!) > millis(measure.effective_at))
        .length
    : 0;
  return {
    attempts: fraud.length,
    victims: victims.length,
    spared: fraud.length - victims.length,
    amount: victims.reduce((sum, { amountYen }) => sum + amountYen, 0),
    after_last_half_measure: after,
    share_after_last_half_measure: victims.length === 0 ? 0 : Math.round((after / victims.length) * 1000) / 10,
  };
}

export interface TimelineLine {
  readonly effective_at: Instant;
  readonly recorded_at: Instant;
  readonly entity: string;
  readonly sequence: number;
  readonly incident: string;
  readonly kind: string;
  readonly content: Json;
}

/** The timeline in its canonical order: (effective_at, entity, sequence). */
export async function readTimeline(store: Store): Promise<TimelineLine[]> {
  const lines = await store.db
    .selectFrom('timeline')
    .select(['effective_at', 'recorded_at', 'entity', 'sequence', 'incident', 'kind', 'content'])
    .orderBy('effective_at')
    .orderBy(sql`entity collate "C"`)
    .orderBy('sequence')
    .orderBy(sql`workflow_id collate "C"`)
    .execute();
  return withoutReplyIds(lines);
}

/** A reply's id comes from an address that the drill's own key signed: counted instead, so that two drills tell the same. */
function withoutReplyIds(lines: readonly TimelineLine[]): TimelineLine[] {
  const known: string[] = [];
  const numberOf = (reply: Json) => {
    if (!known.includes(reply as string)) known.push(reply as string);
    return known.indexOf(reply as string) + 1;
  };
  return lines.map((line) => {
    const content = line.content as { reply?: Json; replies?: readonly Json[] };
    if (line.kind === 'replyReceived') return { ...line, content: { ...content, reply: numberOf(content.reply!) } };
    if (line.kind === 'repliesRead')
      return { ...line, content: { ...content, replies: content.replies!.map(numberOf) } };
    return line;
  });
}
