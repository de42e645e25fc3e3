import fs from 'node:fs';
import path from 'node:path';
import { testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
const ROUND = 'inspectionRound/R2020';

/** Before a mail goes out, and right after it did; in the middle of a record. */
const POINTS = ['mail.claimed', 'mail.sent', 'record.after#4'];

/** A round that is opened, and asks. */
async function openRound(bench: Bench): Promise<void> {
  await bench.start(ROUND, {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    target: '10月末',
  });
  await bench.decide(ROUND, { subject: 'open', verdict: 'open', by: 'commander-1' });
}

/** The same, and reminds. */
async function tellRound(bench: Bench): Promise<void> {
  await openRound(bench);
  await bench.decide('providerInspection/R2020/n1', {
    subject: 'notApplicable',
    verdict: 'confirm',
    by: 'compliance-1',
  });
  await bench.pass('P30D');
}

async function told(bench: Bench) {
  const rows = (result: object[]) => result.map((row) => JSON.stringify(row)).sort();
  const { db } = bench;
  const mails = await bench.mails();
  return {
    timeline: (await bench.timeline()).map((line) => JSON.stringify(line)).sort(),
    inspections: rows(await db.selectFrom('inspection').selectAll().execute()),
    mails: rows(await db.selectFrom('provider_mail').select(['key', 'state', 'sent_at']).execute()),
    received: mails.map(({ to, subject }) => `${to[0]} ${subject}`).sort(),
  };
}

test('a worker that is killed while it sends mails to providers sends none twice, and loses none', async () => {
  const undisturbed = (async () => {
    const bench = await ground.open();
    await tellRound(bench);
    return told(bench);
  })();
  // Side by side: most of it is waiting until a lost worker is missed.
  const stories = await Promise.all(
    POINTS.map(async (point) => {
      const once = path.join(ground.folder, point.replace('#', '-'));
      const bench = await ground.open({ workerEnv: { HIKESHI_KILL_AT: point, HIKESHI_KILL_ONCE: once } });
      const { pid } = bench.world.worker;
      await tellRound(bench);
      expect(fs.existsSync(once)).toBe(true);
      expect(bench.world.worker.pid).not.toBe(pid);
      const story = await told(bench);
      await bench.close();
      return [point, story] as const;
    }),
  );
  const expected = await undisturbed;
  expect(expected.received.filter((mail) => mail.startsWith('inspection@'))).toHaveLength(8);
  for (const [point, story] of stories) expect([point, story]).toEqual([point, expected]);
}, 240_000);

test('without a log of the relay a mail that may have gone out goes again as the same message, and is on record as such', async () => {
  const once = path.join(ground.folder, 'no-log');
  const bench = await ground.open({
    workerEnv: { HIKESHI_KILL_AT: 'mail.sent', HIKESHI_KILL_ONCE: once, HIKESHI_MAIL_LOG_URL: '' },
  });
  await openRound(bench);
  expect(fs.existsSync(once)).toBe(true);
  const requests = (await bench.mails()).filter(({ to }) => /^inspection@(c1|o1)\.example$/.test(to[0]!));
  const [twice, ...others] = requests.filter(
    ({ messageId }, index) => requests.findIndex((mail) => mail.messageId === messageId) < index,
  );
  expect([requests.length, others]).toEqual([3, []]);
  const unit = twice!.to[0]!.slice('inspection@'.length, -'.example'.length);
  const rows = await bench.db
    .selectFrom('provider_mail')
    .select(['workflow_id', 'state', 'ambiguous'])
    .orderBy('workflow_id')
    .execute();
  expect(rows).toEqual(
    ['c1', 'o1'].map((each) => ({
      workflow_id: `providerInspection/R2020/${each}`,
      state: 'sent',
      ambiguous: each === unit,
    })),
  );
  const asked = (await bench.timeline()).filter(({ kind }) => kind === 'requested');
  expect(
    asked.filter(({ content }) => (content as { ambiguous?: true }).ambiguous).map(({ entity }) => entity),
  ).toEqual([`providerInspection/R2020/${unit}`]);
  await bench.close();
}, 90_000);
