import { IncidentCode, inspectionId, KeyPart, roundId } from '../domain/ids.js';
import { Refusal } from '../domain/refusal.js';
import type { Db } from '../store/open.js';

/** The code of a round, written as the code or as the workflow id. @throws Refusal */
export function roundOf(text: string): string {
  const code = text.startsWith('inspectionRound/') ? text.slice('inspectionRound/'.length) : text;
  if (IncidentCode.safeParse(code).success) return code;
  throw new Refusal({
    en: 'The round must be its code, for example R2020, or its workflow id inspectionRound/R2020.',
    ja: '点検は R2020 のようなコードか、ワークフローID inspectionRound/R2020 で指定してください。',
  });
}

/** No such round in the register: names those that there are. */
export async function noRound(db: Db, round: string): Promise<Refusal> {
  const known = await db.selectFrom('round').select('round').orderBy('opened_at', 'desc').limit(20).execute();
  const names = known.map((each) => each.round);
  return new Refusal({
    en: `The register holds no round ${round}. ${names.length > 0 ? `Name one of: ${names.join(', ')}.` : 'Plan it with "hikeshi round plan".'}`,
    ja: `台帳に点検 ${round} はありません。${names.length > 0 ? `次のいずれかを指定してください: ${names.join('、')}。` : 'hikeshi round plan で計画してください。'}`,
  });
}

/**
 * The workflow id of a unit's inspection: written whole, as `R2020/c1`, or as `c1` where only one open round has it.
 * @throws Refusal for another form, an unknown unit, or one of several rounds
 */
export async function inspectionOf(db: Db, text: string): Promise<string> {
  const path = text.startsWith('providerInspection/') ? text.slice('providerInspection/'.length) : text;
  const [first, second, ...more] = path.split('/') as [string, string?, ...string[]];
  const [round, unit] = second === undefined ? [undefined, first] : [first, second];
  const fits =
    more.length === 0 &&
    KeyPart.safeParse(unit).success &&
    (round === undefined || IncidentCode.safeParse(round).success);
  if (!fits)
    throw new Refusal({
      en: 'The unit must be named as R2020/c1, as providerInspection/R2020/c1, or as c1 when only one round is open.',
      ja: '対象は R2020/c1、providerInspection/R2020/c1、または（実施中の点検が一つだけのときは）c1 で指定してください。',
    });
  if (round !== undefined) {
    const id = inspectionId(round, unit);
    const row = await db.selectFrom('inspection').select('unit').where('workflow_id', '=', id).executeTakeFirst();
    if (row) return id;
    const units = await db
      .selectFrom('inspection')
      .select('unit')
      .where('round', '=', round)
      .orderBy('unit')
      .limit(60)
      .execute();
    if (units.length === 0) throw await noUnits(db, round);
    const names = units.map((each) => each.unit).join(', ');
    throw new Refusal({
      en: `The round ${round} has no unit ${unit}. Name one of: ${names}.`,
      ja: `点検 ${round} に対象 ${unit} はありません。次のいずれかを指定してください: ${names}。`,
    });
  }
  const found = await db
    .selectFrom('inspection as i')
    .innerJoin('job as j', 'j.workflow_id', 'i.workflow_id')
    .select(['i.workflow_id as id', 'j.closed'])
    .where('i.unit', '=', unit)
    .orderBy('i.workflow_id')
    .execute();
  const open = found.filter(({ closed }) => !closed);
  const [only, ...others] = open.length > 0 ? open : found;
  if (only && others.length === 0) return only.id;
  const ids = found.map(({ id }) => id).join(', ');
  throw new Refusal(
    only
      ? {
          en: `Several rounds have the unit ${unit}. Name one of: ${ids}.`,
          ja: `対象 ${unit} は複数の点検にあります。次のいずれかを指定してください: ${ids}。`,
        }
      : {
          en: `No round has a unit ${unit}. Look at "hikeshi round status".`,
          ja: `対象 ${unit} のある点検はありません。hikeshi round status で確認してください。`,
        },
  );
}

async function noUnits(db: Db, round: string): Promise<Refusal> {
  const row = await db.selectFrom('round').select('phase').where('workflow_id', '=', roundId(round)).executeTakeFirst();
  if (!row) return noRound(db, round);
  return new Refusal({
    en: `The round ${round} has not begun to inspect its units (${row.phase}). Look at "hikeshi round status ${round}".`,
    ja: `点検 ${round} はまだ対象の点検を始めていません（${row.phase}）。hikeshi round status ${round} で確認してください。`,
  });
}
