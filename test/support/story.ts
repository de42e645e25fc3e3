import type { Bench } from './drillWorld.js';

export const STORY = 'suspension/B/story';
const TARGETS = ['link-c1', 'link-c2', 'link-c3'];

/** A stop of three links from its proposal to the end of its watch, as people live it. */
export async function tellStory(bench: Bench): Promise<void> {
  await bench.propose('story', TARGETS, { failedControl: 'link-two-factor' });
  await bench.pass('PT10M');
  await bench.decide(STORY, { subject: 'approve', verdict: 'approve', by: 'commander-1' });
  await bench.pass('PT10M');
  await bench.sweep();
  await bench.decide(STORY, { subject: 'sibling:link-c4', verdict: 'stop', by: 'commander-1' });
  await bench.pass('PT10M');
  await bench.lift(STORY);
  await bench.pass('P14D');
}

/** Everything that must be the same whatever was killed in between. */
export async function told(bench: Bench) {
  const { db } = bench;
  const timeline = (await bench.timeline()).map((line) => JSON.stringify(line)).sort();
  const rows = (result: object[]) => result.map((row) => JSON.stringify(row)).sort();
  const { orders } = await bench.simulatorLog();
  return {
    timeline,
    jobs: rows(await db.selectFrom('job').select(['workflow_id', 'stage', 'closed', 'sequence', 'state']).execute()),
    holds: rows(await db.selectFrom('hold').selectAll().execute()),
    orders: rows(await db.selectFrom('function_order').selectAll().execute()),
    states: rows(await db.selectFrom('function_state').selectAll().execute()),
    tasks: rows(await db.selectFrom('task').select(['id', 'subject', 'opened_at', 'closed_at']).execute()),
    duties: rows(await db.selectFrom('duty').selectAll().execute()),
    applied: orders
      .filter(({ effect }) => effect === 'applied')
      .map(({ code, key, status }) => `${code} ${key} ${status}`)
      .sort(),
    conflicts: orders.filter(({ effect }) => effect === 'conflict').length,
  };
}
