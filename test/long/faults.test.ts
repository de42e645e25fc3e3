import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { testGround, type Bench } from '../support/drillWorld.js';
import { between, randomFrom, seedOfRun } from '../support/random.js';
import { groundWithOwnPostgres, groundWithOwnTemporal, type Killable } from '../support/servers.js';
import { tellStory, told } from '../support/story.js';

const random = randomFrom(seedOfRun());

const POINTS = [
  ...['settle.locked', 'settle.order-written', 'settle.sent', 'settle.read-back', 'settle.recorded'],
  ...['record.before', 'record.after'],
];

describe('a worker that is killed', () => {
  const ground = testGround();
  let undisturbed: Awaited<ReturnType<typeof told>>;
  beforeAll(async () => {
    const bench = await ground.open();
    await tellStory(bench);
    undisturbed = await told(bench);
    await bench.close();
  }, 120_000);

  // The first three stop, the fourth is the sibling's stop, the next three lift; records are more.
  const matrix = POINTS.flatMap((point) => {
    const last = point.startsWith('settle') ? 7 : 12;
    return [1, between(random, 2, last)].map((time) => `${point}#${time}`);
  });

  test.each(matrix)('at %s changes nothing about how the stop is told', async (point) => {
    const once = path.join(ground.folder, point.replace('#', '-'));
    const bench = await ground.open({ workerEnv: { HIKESHI_KILL_AT: point, HIKESHI_KILL_ONCE: once } });
    await tellStory(bench);
    expect(fs.existsSync(once)).toBe(true);
    expect(await told(bench)).toEqual(undisturbed);
    await bench.close();
  });

  test('again and again, at random moments, changes nothing either', async () => {
    const bench = await ground.open();
    let over = false;
    const killing = (async () => {
      for (let kills = 0; kills < 5 && !over; kills++) {
        await sleep(between(random, 200, 4_000));
        try {
          process.kill(bench.world.worker.pid!, 'SIGKILL');
        } catch {
          // It is being started again just now.
        }
      }
    })();
    await tellStory(bench);
    over = true;
    await killing;
    expect(await told(bench)).toEqual(undisturbed);
    await bench.close();
  });
});

/** What a channel can do wrong, and which calls it meets. */
const RULES = [
  { mode: 'slow', delayMs: 400 },
  { mode: 'lie' },
  { mode: 'lie', on: ['order', 'read'] },
  { mode: 'fail' },
  { mode: 'fail', on: ['order', 'read', 'request'] },
  { mode: 'lose-answer' },
  { mode: 'lose-answer', on: ['read'] },
  { mode: 'drop-before' },
  { mode: 'drop-before', on: ['order', 'read', 'request'] },
  { mode: 'rate-limit', retryAfter: 45 },
  { mode: 'rate-limit', on: ['order', 'read'], retryAfter: 20 },
  { mode: 'down' },
];

/** In the end the function stands as it should, by exactly one order in effect, and everybody is told the same. */
async function expectOne(bench: Bench, id: string, target: string, code: string): Promise<void> {
  expect(await bench.stage(id)).toBe('IN_FORCE');
  expect(await bench.bank(code)).toMatchObject({ status: 'CLOSED', applied: 1 });
  expect(await bench.readBack(target)).toBe('SUSPENDED');
  expect((await bench.simulatorLog()).orders.filter(({ effect }) => effect === 'conflict')).toEqual([]);
}

describe('a channel that misbehaves at random', () => {
  const ground = testGround();
  test.each(Array.from({ length: 12 }, (_, round) => round + 1))(
    'round %i: one order in effect in the end',
    async (round) => {
      const bench = await ground.open();
      const target = 'link-c1';
      const faults = Array.from({ length: between(random, 1, 4) }, () => ({
        ...RULES[between(random, 0, RULES.length - 1)]!,
        times: between(random, 1, 4),
        code: 'LINK_C1',
      }));
      process.stderr.write(`round ${round}: ${JSON.stringify(faults)}\n`);
      const id = await bench.propose('chaos', [target]);
      await bench.misbehave(faults[0]!);
      await bench.decide(id, { subject: 'approve', verdict: 'approve', by: 'commander-1' });
      for (const fault of faults.slice(1)) {
        await bench.misbehave(fault);
        await bench.pass('PT2M');
      }
      await bench.behave();
      await bench.pass('PT30M');
      await expectOne(bench, id, target, 'LINK_C1');
      await bench.close();
    },
  );
});

describe.each([
  [
    'PostgreSQL',
    async (...[config, folder]: Parameters<typeof groundWithOwnPostgres>) => groundWithOwnPostgres(config, folder),
  ],
  [
    'Temporal',
    async (...[config, folder]: Parameters<typeof groundWithOwnTemporal>) => groundWithOwnTemporal(config, folder),
  ],
] as const)('%s', (_, make) => {
  let server: Killable;
  const ground = testGround(async (config, folder) => {
    const own = await make(config, folder);
    server = 'postgres' in own ? own.postgres : own.temporal;
    return own;
  });

  test('killed at random moments while a stop is told: one order in effect, and the same end', async () => {
    const bench = await ground.open();
    let over = false;
    const killing = (async () => {
      for (let kills = 0; kills < 3 && !over; kills++) {
        await sleep(between(random, 500, 2_500));
        await server.restart();
      }
    })();
    const id = await bench.propose('killed', ['link-c1', 'link-c2'], {});
    await bench.misbehave({ mode: 'slow', delayMs: 700, times: 4 });
    await bench.decide(id, { subject: 'approve', verdict: 'approve', by: 'commander-1' });
    await bench.pass('PT20M');
    over = true;
    await killing;
    await bench.pass('PT20M');
    await expectOne(bench, id, 'link-c1', 'LINK_C1');
    await expectOne(bench, id, 'link-c2', 'LINK_C2');
  });
});
