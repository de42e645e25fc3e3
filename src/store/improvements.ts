import type { Firmness } from '../domain/deadline.js';
import type { Stage, Subject } from '../domain/improvement/state.js';
import type { RoundImprovement } from '../domain/inspectionRound/result.js';
import type { Sentence } from '../domain/sentence.js';
import type { Db } from './open.js';

/** The improvements that go with a round, by their names. */
export async function readImprovements(db: Db, round: string): Promise<RoundImprovement[]> {
  const rows = await db.selectFrom('improvement').selectAll().where('round', '=', round).orderBy('name').execute();
  return rows.map((row) => ({
    name: row.name,
    units: row.units,
    subject: row.subject as Subject,
    text: row.text as unknown as Sentence,
    stage: row.stage as Stage,
    ...(row.date !== null && { due: { date: row.date, lastOpenDay: row.last_open_day } }),
    ...(row.firmness !== null && { firmness: row.firmness as Firmness }),
    ...(row.standing !== null && { standing: row.standing }),
    earlier: row.earlier,
  }));
}
