import fs from 'node:fs';
import path from 'node:path';
import { testGround } from '../support/drillWorld.js';
import { tellStory, told } from '../support/story.js';

const ground = testGround();

/** One of each kind: in the middle of an effect, and in the middle of a record. The others are in the long tests. */
const POINTS = ['settle.sent#2', 'record.after#3'];

test('a worker that is killed in the middle of a stop changes nothing about how the stop is told', async () => {
  const undisturbed = (async () => {
    const bench = await ground.open();
    await tellStory(bench);
    return told(bench);
  })();
  const killed = await Promise.all(
    POINTS.map(async (point) => {
      const once = path.join(ground.folder, point.replace('#', '-'));
      const bench = await ground.open({ workerEnv: { HIKESHI_KILL_AT: point, HIKESHI_KILL_ONCE: once } });
      const { pid } = bench.world.worker;
      await tellStory(bench);
      expect(fs.existsSync(once)).toBe(true);
      expect(bench.world.worker.pid).not.toBe(pid);
      return told(bench);
    }),
  );
  const expected = await undisturbed;
  expect(expected.applied).toHaveLength(7);
  for (const [index, story] of killed.entries()) expect([POINTS[index], story]).toEqual([POINTS[index], expected]);
}, 120_000);
