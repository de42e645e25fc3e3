import path from 'node:path';
import type { Browser } from 'playwright-core';
import { PROJECT_ROOT } from '../../src/config.js';
import { findChromium, launchChromium } from '../support/chromium.js';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { WebUi } from '../support/webUi.js';

let world: LiveWorld;
let browser: Browser;
let ui: WebUi;

beforeAll(async () => {
  browser = await launchChromium();
  world = await openLiveWorld({
    name: 'webui',
    webUi: true,
    policy: { suspension: { siblingsWithin: 'PT1H', reviewEvery: 'P7D' } },
  });
  await world.startWorker();
  ui = await WebUi.open(world, browser);
});

afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** For the README: `HIKESHI_SCREENSHOTS=1` takes them anew. */
async function picture(name: string): Promise<void> {
  if (process.env['HIKESHI_SCREENSHOTS'] !== '1') return;
  await ui.page.screenshot({ path: path.join(PROJECT_ROOT, 'docs', 'images', `${name}.png`) });
}

test('an operator reads where a stop stands, is refused in a sentence, and approves with the JSON shown', async () => {
  const { workflowId } = await world.operator.suspend('from-the-ui', ['mijica-transfer'], {
    failedControl: 'member-login-detection',
    by: 'commander-1',
  });
  await world.operator.stage(workflowId, 'PROPOSED');
  await ui.openWorkflow(workflowId);

  const details = await ui.details();
  const shown = await details.innerText();
  expect(shown).toContain('PROPOSED');
  expect(shown).toContain('Decide whether to approve the stop of mijica-transfer before');
  expect(shown).toContain('mijica-transfer の停止を承認するか');
  expect(shown).toContain('If nobody decides, the proposal expires');
  await details.getByText('"digest":').evaluate((json) => json.scrollIntoView({ block: 'end' }));
  await picture('webui-suspension');
  const json = JSON.parse(/\{\s*"v": 1[^}]*\}/.exec(shown)![0]) as Record<string, unknown>;
  expect(json).toMatchObject({ v: 1, subject: 'approve', verdict: 'approve' });
  const approval = { ...json, reason: 'Losses go on' };

  const selfApproval = await ui.sendUpdate('decide', { ...approval, by: 'commander-1' });
  await selfApproval.getByText('"commander-1" proposed this and cannot decide it (four-eyes)').waitFor();
  expect(await selfApproval.innerText()).toContain('「commander-1」は提案者のため判断できません');
  await picture('webui-refusal');
  await ui.closeDialog(selfApproval);

  const wrongPerson = await ui.sendUpdate('decide', { ...approval, by: 'pr-1' });
  await wrongPerson.getByText('"pr-1" does not hold a role that may decide').waitFor();
  await ui.closeDialog(wrongPerson);

  const stale = await ui.sendUpdate('decide', { ...approval, by: 'commander-2', digest: 'of-yesterday' });
  await stale.getByText('The digest is not the one of what is proposed now').waitFor();
  await ui.closeDialog(stale);

  const noObject = await ui.sendUpdate('decide', [approval]);
  await noObject.getByText('The input must be one JSON object, not a list').waitFor();
  await ui.closeDialog(noObject);
  expect(await world.operator.stageNow(workflowId)).toBe('PROPOSED');

  const right = await ui.sendUpdate('decide', { ...approval, by: 'commander-2' });
  await right.waitFor({ state: 'hidden' });
  await world.operator.stage(workflowId, 'IN_FORCE');
  await ui.page.reload();
  const after = await ui.details();
  await after.getByRole('heading', { name: 'IN_FORCE' }).waitFor();
  expect(await after.innerText()).toContain('sibling:mijica-web');
}, 90_000);

test('"Request Cancellation" proposes a lift and "Terminate" ends the run; the function stays stopped through both', async () => {
  const { workflowId } = await world.operator.suspend('ended-in-the-ui', ['link-c1'], { emergency: true });
  await world.operator.stage(workflowId, 'EMERGENCY_IN_FORCE');
  const held = async () => [
    await world.store.db
      .selectFrom('hold')
      .select(['workflow_id', 'measure'])
      .where('target', '=', 'link-c1')
      .where('released_at', 'is', null)
      .execute(),
    await world.simulator.attempt('LINK_C1', { requestKey: 'tried', amountYen: 1, purpose: 'customer' }),
  ];
  const before = await held();
  expect(before).toMatchObject([[{ workflow_id: workflowId, measure: 'suspend' }], false]);

  await ui.openWorkflow(workflowId);
  await ui.cancel();
  await world.operator.stage(workflowId, 'LIFT_PROPOSED');
  expect(await held()).toEqual(before);
  await ui.openWorkflow(workflowId);
  await ui.terminate();
  await eventually('the run is ended', async () => {
    const { status } = await world.client.workflow.getHandle(workflowId).describe();
    return status.name === 'TERMINATED';
  });
  expect(await held()).toEqual(before);
  expect(await world.operator.stageNow(workflowId)).toBe('LIFT_PROPOSED');
}, 60_000);

test('a start with a wrong JSON, or under a wrong id, says on the page of its run what was wrong', async () => {
  await ui.startWorkflow('suspension', 'suspension/L/wrong', '{ "v": 1, "incident": "L", "measure": "stop" }');
  await ui.page
    .getByText(/The field .*measure.* must be one of suspend, restrict/)
    .first()
    .waitFor();
  expect(await ui.page.innerText('body')).toContain(
    '項目「measure」を直してください（suspend, restrict のいずれかです）',
  );

  await ui.startWorkflow('containment', 'mijica-transfer', '{ "v": 1, "incident": "L", "target": "mijica-transfer" }');
  await ui.page.getByText('The workflow id must have the form containment/<incident>/<function>').first().waitFor();
  for (const workflowId of ['suspension/L/wrong', 'mijica-transfer']) {
    const handle = world.client.workflow.getHandle(workflowId);
    expect((await handle.describe()).status.name).toBe('FAILED');
    const { events } = await handle.fetchHistory();
    expect(events?.some((event) => event.workflowTaskFailedEventAttributes)).toBe(false);
  }
}, 60_000);

test('without a Chromium the browser tests fail with the sentence that helps', () => {
  const none = { env: { PATH: '/nowhere' }, downloaded: '/nowhere/chromium', install: () => false };
  expect(() => findChromium(none)).toThrow(/apt-get install chromium.*Chromium が必要ですが/s);
  const wrong = { ...none, env: { CHROMIUM_PATH: '/nowhere/chromium' } };
  expect(() => findChromium(wrong)).toThrow(
    /CHROMIUM_PATH names \/nowhere\/chromium.*実行できるプログラムではありません/s,
  );
  const program = process.execPath;
  expect(findChromium({ ...none, env: { CHROMIUM_PATH: program } })).toBe(program);
  expect(findChromium({ ...none, downloaded: program })).toBe(program);
});
