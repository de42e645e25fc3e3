import fs from 'node:fs';
import path from 'node:path';
import { testGround, type Bench } from '../support/drillWorld.js';

const ground = testGround();
const ROUND = 'inspectionRound/R2020';

/** Before a mail goes out, and right after it did; in the middle of a record. */
const POINTS = ['mail.claimed', 'mail.sent', 'record.after#4'];

/** A round that is opened, asks, and reminds. */
async function tellRound(bench: Bench): Promise<void> {
  await bench.start(ROUND, {
    v: 1,
    round: 'R2020',
    title: { ja: '総点検', en: 'Inspection' },
    by: 'provider-manager-1',
    reason: 'Led by the president',
    target: '10月末',
  });
  await bench.decide(ROUND, { subject: 'open', verdict: 'open', by: 'commander-1' });
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
  const stories = [];
  for (const point of POINTS) {
    const once = path.join(ground.folder, point.replace('#', '-'));
    const bench = await ground.open({ workerEnv: { HIKESHI_KILL_AT: point, HIKESHI_KILL_ONCE: once } });
    const { pid } = bench.world.worker;
    await tellRound(bench);
    expect(fs.existsSync(once)).toBe(true);
    expect(bench.world.worker.pid).not.toBe(pid);
    stories.push([point, await told(bench)]);
    await bench.close();
  }
  const expected = await undisturbed;
  expect(expected.received.filter((mail) => mail.startsWith('inspection@'))).toHaveLength(8);
  for (const [point, story] of stories) expect([point, story]).toEqual([point, expected]);
}, 240_000);
