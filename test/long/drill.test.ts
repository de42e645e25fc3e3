import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PLAYBOOK, runDrill, type DrillOptions } from '../../src/drill/main.js';
import { drillGround, silent } from '../support/drillGround.js';
import { bareEnvironment, hikeshi } from '../cli/support.js';
import { projectCli } from '../stack/support.js';
import { between, randomFrom, seedOfRun } from '../support/random.js';

const KILLS = 10;
const place = drillGround();

async function written(
  name: string,
  options: Partial<DrillOptions> = {},
): Promise<{ endState: string; timeline: string; mails: string[]; again: string[] }> {
  const { config, folder, ground } = place;
  const out = path.join(folder, name);
  let kept: { to: string[]; subject: string; messageId: string }[] = [];
  const [result] = await runDrill({
    config,
    ground,
    policies: ['as-happened'],
    log: silent,
    out,
    async beforeReading({ outside }) {
      kept = ((await (await fetch(`${outside.url}/sim/mail`)).json()) as { mail: typeof kept }).mail;
    },
    ...options,
  });
  expect(result!.comparison.filter(({ equal }) => !equal)).toEqual([]);
  const read = (file: string) => fs.readFileSync(path.join(out, 'as-happened', file), 'utf8');
  // Calls to our own people may be repeated after a lost worker; what leaves the bank may not.
  const outward = kept.filter(({ to }) => !to[0]!.endsWith('@bank.example') || to[0]!.startsWith('inspection'));
  const ids = outward.map(({ messageId }) => messageId);
  return {
    endState: read('end-state.json'),
    timeline: read('timeline.jsonl'),
    mails: outward.map(({ to, subject }) => `${to[0]} ${subject}`).sort(),
    again: ids.filter((id, index) => ids.indexOf(id) !== index),
  };
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
  // Each provider got each of its mails, and none twice.
  expect(undisturbed.mails.length).toBeGreaterThan(13);
  expect(disturbed.mails).toEqual(undisturbed.mails);
  expect(disturbed.again).toEqual([]);
});

test('a provider that answers thirty days late is overdue, escalated, and named in a report that slips no less', async () => {
  const { config, folder, ground } = place;
  const playbook = path.join(folder, 'late');
  fs.cpSync(DEFAULT_PLAYBOOK, playbook, { recursive: true });
  const file = path.join(playbook, 'inspection.yaml');
  const script = fs.readFileSync(file, 'utf8');
  // The last of those that answered late does so thirty days later, and nothing else of it follows.
  const changed = script
    .replace('  o6: late\n', '  o6: very-late\n')
    .replace('profiles:\n', "profiles:\n  very-late:\n    - { at: '2020-11-07T16:00:00+09:00', answer: {} }\n");
  expect(changed.length).toBeGreaterThan(script.length);
  fs.writeFileSync(file, changed);
  const out = path.join(folder, 'late-out');
  const [result] = await runDrill({ config, ground, playbook, policies: ['as-happened'], log: silent, out });
  const told = result!.timeline
    .filter(({ entity }) => entity === 'providerInspection/R2020/o6')
    .map(({ kind }) => kind)
    .filter((kind) => kind.startsWith('alarm.'));
  expect(told.slice(0, 2)).toEqual(['alarm.answerOverdue', 'alarm.escalated']);
  const differing = result!.comparison.filter(({ equal }) => !equal).map(({ line }) => line);
  expect(differing).toEqual(
    expect.arrayContaining(['inspection.other_payment', 'inspection.totals', 'inspection.incomplete_providers']),
  );
  expect(differing.filter((line) => !line.startsWith('inspection.'))).toEqual([]);
  const slips = result!.timeline.filter(({ kind }) => kind === 'alarm.roundWillSlip');
  expect(JSON.stringify(slips.at(-1)!.content)).toContain('"o6"');
  // It is one more that the published report names as missing, and the round is as late as it was.
  expect(result!.endState.inspection).toMatchObject({ incomplete_providers: 4, slip_calendar_days: 9 });
  const report = fs.readFileSync(path.join(out, 'as-happened', 'round-report.en.md'), 'utf8');
  expect(report).toContain('- State: **incomplete (4 units)**');
  const missing = report.split('## Units whose inspection is not complete\n')[1]!.split('\n## ')[0]!;
  expect(missing.match(/^- .*$/gm)!.map((line) => line.split(':')[0]!.slice(-2))).toEqual(['C3', 'O2', 'O5', 'O6']);
});

test('the command plays a copied playbook in which one event is another, writes both policies, and exits 1 naming the line', async () => {
  const { folder } = place;
  const [playbook, out] = [path.join(folder, 'one-event'), path.join(folder, 'one-event-out')];
  fs.cpSync(DEFAULT_PLAYBOOK, playbook, { recursive: true });
  const file = path.join(playbook, 'events.yaml');
  const events = fs.readFileSync(file, 'utf8');
  // One attempt of the last wave does not come.
  const changed = events.replace('count: 43', 'count: 42');
  expect(changed).not.toBe(events);
  fs.writeFileSync(file, changed);
  const env = bareEnvironment(path.join(folder, 'one-event-state'), { TEMPORAL_CLI_PATH: await projectCli() });
  fs.mkdirSync(env['HIKESHI_STATE_DIR']!, { mode: 0o755 });
  const { code, out: said, err } = await hikeshi(env, ['drill', '--playbook', playbook, '--out', out]);
  expect([code, err]).toEqual([1, expect.not.stringContaining('should not')]);
  expect(said).toMatch(/≠ [^\n]* 53\n +expected: 54\n/);
  const read = (policy: string, name: string) => fs.readFileSync(path.join(out, policy, name), 'utf8');
  for (const policy of ['as-happened', 'as-designed']) {
    const lines = read(policy, 'timeline.jsonl').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ kind: expect.any(String) });
    expect(JSON.parse(read(policy, 'end-state.json'))).toMatchObject({
      services: { mijica_transfer: { state: 'SUSPENDED' } },
    });
    expect(read(policy, 'report.md')).toContain('再現・訓練');
  }
  const compared = (policy: string) =>
    JSON.parse(read(policy, 'comparison.json')) as { equal: boolean; lines: { line: string; equal: boolean }[] };
  const differing = (policy: string) =>
    compared(policy)
      .lines.filter(({ equal }) => !equal)
      .map(({ line }) => line);
  expect([compared('as-happened').equal, compared('as-designed').equal]).toEqual([false, false]);
  expect(differing('as-happened')).toEqual([
    'waves.victims',
    'waves.after_last_half_measure',
    'waves.share_after_last_half_measure',
    'waves.amount',
  ]);
  expect(differing('as-designed')).toEqual(['waves.spared']);
});
