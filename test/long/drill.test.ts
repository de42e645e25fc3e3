import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDrill, type DrillOptions } from '../../src/drill/main.js';
import { drillGround, silent } from '../support/drillGround.js';
import { between, randomFrom, seedOfRun } from '../support/random.js';

const KILLS = 10;
const place = drillGround();

async function written(
  name: string,
  options: Partial<DrillOptions> = {},
): Promise<{ endState: string; timeline: string }> {
  const { config, folder, ground } = place;
  const out = path.join(folder, name);
  const [result] = await runDrill({ config, ground, policies: ['as-happened'], log: silent, out, ...options });
  expect(result!.comparison.filter(({ equal }) => !equal)).toEqual([]);
  const read = (file: string) => fs.readFileSync(path.join(out, 'as-happened', file), 'utf8');
  return { endState: read('end-state.json'), timeline: read('timeline.jsonl') };
}

test('the drill with its worker killed ten times at random ends as the undisturbed one, byte for byte', async () => {
  let steps = 0;
  const undisturbed = await written('undisturbed', { beforeStep: () => async (_at, step) => void (steps = step + 1) });

  const random = randomFrom(seedOfRun());
  const at = new Set<number>();
  while (at.size < KILLS) at.add(between(random, 0, steps - 1));
  const killed: number[] = [];
  const disturbed = await written('disturbed', {
    beforeStep: (world) => async (_at, step) => {
      if (!at.has(step)) return;
      // Not at the step itself, but somewhere in what follows from it.
      const pause = between(random, 0, 150);
      const { pid } = world.worker;
      void sleep(pause).then(() => {
        process.kill(pid!, 'SIGKILL');
        killed.push(step);
      }, silent);
      // Two kills must not meet the same process, nor its restart.
      if (at.has(step + 1)) await sleep(3_000);
    },
  });
  expect(killed.length).toBe(KILLS);
  expect(disturbed.endState).toBe(undisturbed.endState);
  expect(disturbed.timeline).toBe(undisturbed.timeline);
});
