import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { format } from 'prettier';
import { eventually } from '../support/liveOperator.js';
import { openLiveWorld, type LiveWorld } from '../support/liveWorld.js';
import { FOLDER, KEY_RING, NAMESPACE, SAID } from './golden.js';

/**
 * Records the golden histories (`npm run histories`). Each path is played by people and clocks as it happens live, then
 * its timeline is looked at, so that a file holds the path that its name says.
 */
let world: LiveWorld;

beforeAll(async () => {
  world = await openLiveWorld({
    name: NAMESPACE,
    keyRing: KEY_RING,
    // The machine that records is nobody's business.
    identity: 'client',
    policy: {
      containment: { decideWithin: 'PT6S', warnAfter: ['PT2S', 'PT4S'], redecideWithin: 'PT5S' },
      suspension: {
        proposalExpires: 'PT12S',
        ratifyWithin: 'PT5S',
        callEvery: 'PT2S',
        verifyWithin: 'PT5S',
        siblingsWithin: 'PT8S',
        reviewEvery: 'PT6S',
        watchFor: 'PT6S',
      },
    },
  });
  world.operator.incident = 'G';
  await world.startWorker({ identity: 'worker' });
  for (const file of readdirSync(FOLDER))
    if (file.endsWith('.json') && file !== 'keys.json') rmSync(path.join(FOLDER, file));
});

afterAll(() => world?.close());

const said = { reason: SAID };

/** Waits until the timeline holds all of these kinds in this order, and writes the history. */
async function save(name: string, workflowId: string, kinds: readonly string[]): Promise<void> {
  await eventually(`${workflowId} goes the way of ${name}`, async () => {
    let from = 0;
    const told = await world.operator.timeline(workflowId);
    return kinds.every((kind) => (from = told.indexOf(kind, from) + 1) > 0);
  });
  const history = await world.client.workflow.getHandle(workflowId).fetchHistory();
  const json = await format(historyToJSON(history), { parser: 'json', printWidth: 120 });
  expect(json).not.toContain(`@${hostname()}`);
  writeFileSync(path.join(FOLDER, `${name}.json`), json);
}

const decide = (workflowId: string, subject: string, verdict: string, by: string) =>
  world.operator.decide(workflowId, subject, verdict, by, SAID);

/** Proposes, approves and waits until it is in force. */
async function inForce(name: string, targets: string[], more = {}): Promise<string> {
  const { workflowId } = await world.operator.suspend(name, targets, { ...said, ...more });
  await decide(workflowId, 'approve', 'approve', 'commander-1');
  await world.operator.stage(workflowId, 'IN_FORCE');
  return workflowId;
}

async function lift(workflowId: string): Promise<void> {
  const handle = world.client.workflow.getHandle(workflowId);
  await handle.executeUpdate('proposeLift', { args: [{ v: 1, by: 'ciso-1', ...said }] });
  await decide(workflowId, 'lift', 'approve', 'commander-1');
  await world.operator.stage(workflowId, 'WATCHED');
}

const result = (workflowId: string) => world.client.workflow.getHandle(workflowId).result();

const PATHS: Record<string, () => Promise<void>> = {
  async 'a containment that nobody decides, and the suspension by policy'() {
    const { workflowId } = await world.operator.loss('link-c1', 'case-1');
    await result(workflowId);
    await save('containment-timed-out', workflowId, [
      ...['lossConfirmed', 'decisionOpened', 'alarm.decisionWarning', 'alarm.decisionWarning'],
      ...['alarm.decisionOverdue', 'suspendedByPolicy', 'closed'],
    ]);
    const suspension = 'suspension/G/link-c1-r1';
    await world.operator.told(suspension, 'alarm.reviewDue');
    await save('suspension-by-policy', suspension, ['decided', 'ordered', 'verified', 'inForce', 'alarm.reviewDue']);
  },
  async 'a restriction that is decided again, and then no more'() {
    const { workflowId } = await world.operator.loss('mijica-transfer', 'case-2');
    await decide(workflowId, 'decide', 'restrict', 'owner-mijica');
    await world.operator.stage('suspension/G/mijica-transfer-r1', 'IN_FORCE');
    await decide(workflowId, 'decide', 'continue', 'commander-1');
    await result(workflowId);
    await save('containment-restricted-redecided', workflowId, [
      ...['lossConfirmed', 'decided', 'decided', 'alarm.redecisionOverdue', 'suspendedByPolicy', 'closed'],
    ]);
  },
  async 'a decision to continue that the next loss trips'() {
    const { workflowId } = await world.operator.loss('link-c2', 'case-3');
    await decide(workflowId, 'decide', 'continue', 'commander-1');
    await world.operator.loss('link-c2', 'case-4');
    await result(workflowId);
    await save('containment-tripped', workflowId, ['decided', 'lossConfirmed', 'alarm.tripwire', 'closed']);
  },
  async 'a suspension from its proposal to the end of its watch'() {
    const workflowId = await inForce('web', ['mijica-web', 'mijica-new-issue'], {
      alsoReview: ['yucho-pay'],
    });
    await decide(workflowId, 'sibling:yucho-pay', 'stop', 'commander-1');
    await world.operator.told(workflowId, 'siblingSuspensionStarted');
    await world.operator.told(workflowId, 'alarm.reviewDue');
    await decide(workflowId, 'review', 'keep', 'commander-1');
    await lift(workflowId);
    await result(workflowId);
    await save('suspension-lifted', workflowId, [
      ...['proposed', 'approved', 'ordered', 'inForce', 'siblingStopped', 'siblingSuspensionStarted'],
      ...['alarm.reviewDue', 'reviewed', 'liftProposed', 'liftApproved', 'watchStarted', 'lifted'],
    ]);
    await save('suspension-of-sibling', `${workflowId}-and-yucho-pay`, ['decided', 'ordered', 'inForce']);
  },
  async 'an emergency stop of the wrong target'() {
    const { workflowId } = await world.operator.suspend('wrong', ['link-c3'], { emergency: true, ...said });
    await world.operator.told(workflowId, 'secondCalled');
    await decide(workflowId, 'reverse', 'reverse', 'duty-1');
    await decide(workflowId, 'reverse', 'reverse', 'commander-1');
    await result(workflowId);
    await save('suspension-emergency-reversed', workflowId, [
      'emergencyOrdered',
      'voted',
      'reversalDecided',
      'reversed',
    ]);
  },
  async 'an emergency stop ratified late, whose cancel is refused'() {
    const { workflowId } = await world.operator.suspend('night', ['link-c4'], { emergency: true, ...said });
    await world.operator.told(workflowId, 'alarm.ratificationOverdue');
    await decide(workflowId, 'ratify', 'ratify', 'commander-1');
    await world.client.workflow.getHandle(workflowId).cancel();
    await decide(workflowId, 'lift', 'refuse', 'commander-2');
    await save('suspension-emergency-ratified-late', workflowId, [
      ...['emergencyOrdered', 'secondCalled', 'alarm.ratificationOverdue', 'ratified', 'liftProposed', 'liftRefused'],
    ]);
  },
  async 'a lift whose watch is tripped'() {
    const workflowId = await inForce('tripped', ['link-c5']);
    await lift(workflowId);
    await world.operator.loss('link-c5', 'case-5');
    await world.operator.told(workflowId, 'alarm.watchTripped');
    await world.operator.stage(workflowId, 'IN_FORCE');
    await save('suspension-watch-tripped', workflowId, ['watchStarted', 'alarm.watchTripped', 'verified', 'inForce']);
  },
  async 'a drift that the sweep finds'() {
    const workflowId = await inForce('drift', ['link-c6']);
    await world.simulator.drift('LINK_C6', 'OPEN');
    const sweep = await world.operator.start('guardSweep', 'guardSweep', { v: 1 });
    expect(await sweep.result()).toMatchObject({ drifts: 1 });
    await save('guardSweep', 'guardSweep', []);
    await world.operator.told(workflowId, 'alarm.drift');
    await world.operator.stage(workflowId, 'IN_FORCE');
    await save('suspension-drift', workflowId, ['inForce', 'alarm.drift', 'verified']);
  },
  async 'a target that does not obey and is done by hand'() {
    await world.simulator.misbehave({ code: 'LINK_O1', mode: 'lie' });
    const { workflowId } = await world.operator.suspend('hand', ['link-o1', 'link-o2'], said);
    await decide(workflowId, 'approve', 'approve', 'commander-1');
    await decide(workflowId, 'target:link-o1', 'done-by-hand', 'duty-1');
    await world.operator.told(workflowId, 'inForce');
    await save('suspension-partly-failed', workflowId, ['ordered', 'targetDoneByHand', 'inForce']);
  },
  async 'proposals that are refused, expire, or cannot be started'() {
    const refused = await world.operator.suspend('refused', ['yucho-pay'], said);
    const expired = await world.operator.suspend('expired', ['jp-bank-card'], said);
    const wrong = await world.operator.suspend('unknown', ['no-such-function'], said);
    await decide(refused.workflowId, 'approve', 'refuse', 'commander-1');
    await refused.result();
    await save('suspension-refused', refused.workflowId, ['proposed', 'refused']);
    await expect(wrong.result()).rejects.toThrow();
    await save('suspension-not-started', wrong.workflowId, []);
    await expired.result();
    await save('suspension-expired', expired.workflowId, ['proposed', 'expired']);
  },
};

test.concurrent.each(Object.entries(PATHS))(
  '%s',
  async (_, play) => {
    await expect(play()).resolves.toBeUndefined();
  },
  90_000,
);
