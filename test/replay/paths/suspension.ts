import { plus } from '../../../src/domain/instant.js';
import type { Json } from '../../../src/domain/json.js';
import type { SuspensionState } from '../../../src/domain/suspension.js';
import { record } from '../../../src/store/record.js';
import { eventually } from '../../support/liveOperator.js';
import { said, type Paths, type Recorder } from '../recorder.js';

export async function lift(recorder: Recorder, workflowId: string): Promise<void> {
  await recorder.update(workflowId, 'proposeLift', { by: 'ciso-1', ...said });
  await recorder.decide(workflowId, 'lift', 'approve', 'commander-1');
  await recorder.operator.stage(workflowId, 'WATCHED');
}

export const SUSPENSIONS: Paths = {
  'a suspension from its proposal to the end of its watch': {
    files: ['suspension-lifted', 'suspension-of-sibling'],
    async play(recorder) {
      const workflowId = await recorder.inForce('web', ['mijica-web', 'mijica-new-issue'], {
        alsoReview: ['yucho-pay'],
      });
      await recorder.decide(workflowId, 'sibling:yucho-pay', 'stop', 'commander-1');
      await recorder.operator.told(workflowId, 'siblingSuspensionStarted');
      await recorder.operator.told(workflowId, 'alarm.reviewDue');
      await recorder.decide(workflowId, 'review', 'keep', 'commander-1');
      await lift(recorder, workflowId);
      await recorder.result(workflowId);
      await recorder.save('suspension-lifted', workflowId, [
        ...['proposed', 'approved', 'ordered', 'inForce', 'siblingStopped', 'siblingSuspensionStarted'],
        ...['alarm.reviewDue', 'reviewed', 'liftProposed', 'liftApproved', 'watchStarted', 'lifted'],
      ]);
      await recorder.save('suspension-of-sibling', `${workflowId}-and-yucho-pay`, ['decided', 'ordered', 'inForce']);
    },
  },
  'a stop that asks the channel for what the register holds, and tells in time who is late': {
    files: ['suspension-in-time'],
    async play(recorder) {
      await recorder.world.simulator.misbehave({ code: 'LINK_O2', mode: 'lie' });
      const { workflowId } = await recorder.operator.suspend('in-time', ['link-o2'], said);
      await recorder.decide(workflowId, 'approve', 'approve', 'commander-1');
      await recorder.operator.told(workflowId, 'alarm.targetNotVerified');
      await recorder.world.simulator.misbehave({ code: 'LINK_O2', mode: 'none' });
      await recorder.operator.told(workflowId, 'inForce');
      await recorder.save('suspension-in-time', workflowId, [
        ...['proposed', 'approved', 'ordered', 'alarm.targetNotVerified', 'verified', 'inForce'],
      ]);
    },
  },
  'an emergency stop of the wrong target': {
    files: ['suspension-emergency-reversed'],
    async play(recorder) {
      const { workflowId } = await recorder.operator.suspend('wrong', ['link-c3'], { emergency: true, ...said });
      await recorder.operator.told(workflowId, 'secondCalled');
      await recorder.decide(workflowId, 'reverse', 'reverse', 'duty-1');
      await recorder.decide(workflowId, 'reverse', 'reverse', 'commander-1');
      await recorder.result(workflowId);
      await recorder.save('suspension-emergency-reversed', workflowId, [
        ...['emergencyOrdered', 'voted', 'reversalDecided', 'reversed'],
      ]);
    },
  },
  'an emergency stop ratified late, whose cancel is refused': {
    files: ['suspension-emergency-ratified-late'],
    async play(recorder) {
      const { workflowId } = await recorder.operator.suspend('night', ['link-c4'], { emergency: true, ...said });
      await recorder.operator.told(workflowId, 'alarm.ratificationOverdue');
      await recorder.decide(workflowId, 'ratify', 'ratify', 'commander-1');
      await recorder.handle(workflowId).cancel();
      await recorder.decide(workflowId, 'lift', 'refuse', 'commander-2');
      await recorder.save('suspension-emergency-ratified-late', workflowId, [
        ...['emergencyOrdered', 'secondCalled', 'alarm.ratificationOverdue', 'ratified', 'liftProposed', 'liftRefused'],
      ]);
    },
  },
  'a lift whose watch is tripped': {
    files: ['suspension-watch-tripped'],
    async play(recorder) {
      const workflowId = await recorder.inForce('tripped', ['link-c5']);
      await lift(recorder, workflowId);
      await recorder.operator.loss('link-c5', 'case-5');
      await recorder.operator.told(workflowId, 'alarm.watchTripped');
      await recorder.operator.stage(workflowId, 'IN_FORCE');
      await recorder.save('suspension-watch-tripped', workflowId, [
        ...['watchStarted', 'alarm.watchTripped', 'verified', 'inForce'],
      ]);
    },
  },
  'a drift that the sweep finds': {
    files: ['guardSweep', 'suspension-drift'],
    async play(recorder) {
      const workflowId = await recorder.inForce('drift', ['link-c6']);
      await recorder.world.simulator.drift('LINK_C6', 'OPEN');
      const sweep = await recorder.operator.start('guardSweep', 'guardSweep', { v: 1 });
      expect(await sweep.result()).toMatchObject({ drifts: 1 });
      await recorder.save('guardSweep', 'guardSweep', []);
      await recorder.operator.told(workflowId, 'alarm.drift');
      await recorder.operator.stage(workflowId, 'IN_FORCE');
      await recorder.save('suspension-drift', workflowId, ['inForce', 'alarm.drift', 'verified']);
    },
  },
  'a target that does not obey and is done by hand': {
    files: ['suspension-partly-failed'],
    async play(recorder) {
      await recorder.world.simulator.misbehave({ code: 'LINK_O1', mode: 'lie' });
      const { workflowId } = await recorder.operator.suspend('hand', ['link-o1', 'link-o2'], said);
      await recorder.decide(workflowId, 'approve', 'approve', 'commander-1');
      await recorder.decide(workflowId, 'target:link-o1', 'done-by-hand', 'duty-1');
      await recorder.operator.told(workflowId, 'inForce');
      await recorder.save('suspension-partly-failed', workflowId, ['ordered', 'targetDoneByHand', 'inForce']);
    },
  },
  'proposals that are refused, expire, or cannot be started': {
    files: ['suspension-refused', 'suspension-not-started', 'suspension-expired'],
    async play(recorder) {
      const refused = await recorder.operator.suspend('refused', ['yucho-pay'], said);
      const expired = await recorder.operator.suspend('expired', ['jp-bank-card'], said);
      const wrong = await recorder.operator.suspend('unknown', ['no-such-function'], said);
      await recorder.decide(refused.workflowId, 'approve', 'refuse', 'commander-1');
      await refused.result();
      await recorder.save('suspension-refused', refused.workflowId, ['proposed', 'refused']);
      await expect(wrong.result()).rejects.toThrow();
      await recorder.save('suspension-not-started', wrong.workflowId, []);
      await expired.result();
      await recorder.save('suspension-expired', expired.workflowId, ['proposed', 'expired']);
    },
  },
  'a cancel request, after which two persons lift': {
    files: ['suspension-cancel-lifted'],
    async play(recorder) {
      const workflowId = await recorder.inForce('cancelled', ['link-o3']);
      await recorder.handle(workflowId).cancel();
      await recorder.decide(workflowId, 'lift', 'approve', 'commander-1');
      await recorder.decide(workflowId, 'lift', 'approve', 'commander-2');
      await recorder.result(workflowId);
      await recorder.save('suspension-cancel-lifted', workflowId, [
        ...['inForce', 'liftProposed', 'voted', 'liftApproved', 'watchStarted', 'lifted'],
      ]);
    },
  },
  'a stop of many targets, of which one answers last': {
    files: ['suspension-written-together'],
    async play(recorder) {
      await recorder.world.simulator.misbehave({ code: 'LINK_O4', mode: 'slow', delayMs: 2_000, times: 1 });
      const workflowId = await recorder.inForce('many', ['link-o4', 'link-o5', 'link-o6', 'mijica-debit']);
      await recorder.save('suspension-written-together', workflowId, [
        ...['ordered', 'verified', 'verified', 'verified', 'verified', 'inForce'],
      ]);
    },
  },
  'a stop that is in force, and let go, with its last proof': {
    files: ['suspension-done-with-last-proof'],
    async play(recorder) {
      const workflowId = await recorder.inForce('proof', ['mijica-card/R-7', 'mijica-card/R-8']);
      await lift(recorder, workflowId);
      await recorder.save('suspension-done-with-last-proof', workflowId, [
        ...['ordered', 'verified', 'verified', 'inForce', 'liftApproved', 'watchStarted'],
      ]);
    },
  },
  'a stop in the order of stopping': {
    files: ['suspension-in-order'],
    async play(recorder) {
      const workflowId = await recorder.inForce('in-order', ['mijica-web', 'mijica-transfer']);
      await recorder.save('suspension-in-order', workflowId, ['ordered', 'verified', 'verified', 'inForce']);
    },
  },
  'a duty that its owner closes': {
    files: ['suspension-duty-closed'],
    async play(recorder) {
      const workflowId = await recorder.inForce('duty', ['mijica-card/R-1']);
      const { id } = await recorder.world.store.db
        .selectFrom('duty')
        .select('id')
        .where('workflow_id', '=', workflowId)
        .where('duty', '=', 'customerNotice')
        .executeTakeFirstOrThrow();
      await recorder.update(workflowId, 'closeDuty', { duty: id, by: 'customer-service-1', ...said });
      await recorder.save('suspension-duty-closed', workflowId, ['inForce', 'dutyClosed']);
    },
  },
  'a history and a register that went apart, and the run that goes on': {
    files: ['suspension-diverged', 'suspension-reconciled'],
    async play(recorder) {
      const workflowId = await recorder.inForce('apart', ['jp-bank-card']);
      await recorder.operator.told(workflowId, 'inForce');
      const first = await recorder.runId(workflowId);
      await anotherRunWrites(recorder, workflowId);
      await expect(recorder.decide(workflowId, 'review', 'keep', 'commander-1')).rejects.toThrow();
      await reconcileAsked(recorder, workflowId);
      await recorder.handle(workflowId).signal('reconcile', { v: 1, by: 'duty-1' });
      const second = await recorder.nextRun(workflowId, first);
      await recorder.operator.told(workflowId, 'alarm.reviewDue');
      await recorder.decide(workflowId, 'review', 'keep', 'commander-1');
      await recorder.save('suspension-diverged', workflowId, ['ordered', 'inForce'], first);
      await recorder.save('suspension-reconciled', workflowId, ['alarm.reviewDue', 'reviewed'], second);
    },
  },
};

/** Played where the server wants a fresh run after a few dozen events, which it otherwise does after thousands. */
export const LONG_SUSPENSIONS: Paths = {
  'a suspension that grew too long and goes on as new in its review': {
    files: ['suspension-continued', 'suspension-went-on'],
    async play(recorder) {
      const workflowId = await recorder.inForce('long', ['link-c1']);
      const first = await recorder.runId(workflowId);
      let second = first;
      while (second === first) {
        await keptWhenDue(recorder, workflowId);
        second = await recorder.runId(workflowId);
      }
      await keptWhenDue(recorder, workflowId);
      await recorder.save('suspension-continued', workflowId, ['inForce', 'alarm.reviewDue', 'reviewed'], first);
      await recorder.save('suspension-went-on', workflowId, ['alarm.reviewDue', 'reviewed'], second);
    },
  },
};

/** The next review comes due, and the stop is kept. */
async function keptWhenDue(recorder: Recorder, workflowId: string): Promise<void> {
  await eventually(`the review of ${workflowId} is due`, async () => {
    const told = await recorder.operator.timeline(workflowId);
    const count = (kind: string) => told.filter((each) => each === kind).length;
    return count('alarm.reviewDue') > count('reviewed');
  });
  await recorder.decide(workflowId, 'review', 'keep', 'commander-1');
}

export const reconcileAsked = ({ world }: Recorder, workflowId: string) =>
  eventually(`${workflowId} asks for reconcile`, async () =>
    world.store.db
      .selectFrom('task')
      .select('id')
      .where('workflow_id', '=', workflowId)
      .where('subject', '=', 'reconcile')
      .executeTakeFirst(),
  );

/** What a reset or a restore leads to: under the key that comes next there is the line of another run. */
export async function anotherRunWrites({ world }: Recorder, workflowId: string): Promise<void> {
  const { state, ...row } = await world.store.db
    .selectFrom('job')
    .select(['job', 'incident', 'stage', 'closed', 'state'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirstOrThrow();
  const known = state as unknown as SuspensionState;
  const sequence = known.sequence + 1;
  const at = plus(known.inForceSince!, 1);
  const line = { entity: workflowId, kind: 'noted', effectiveAt: at, content: { by: 'another run' }, rows: [] };
  const recorded = await record(
    world.store,
    {
      ...row,
      workflowId,
      needsHuman: false,
      sequence,
      state: { ...known, sequence } as unknown as Json,
      transitions: [{ ...line, sequence, recordedAt: at }],
    },
    'another-run',
  );
  expect(recorded).toEqual({ kind: 'recorded' });
}
