import { defineUpdate, setHandler } from '@temporalio/workflow';
import {
  closeDuty as closed,
  CloseDutyInput,
  dutyOf,
  dutyReceipt,
  type Duties,
  type DutyReceipt,
} from '../../domain/duty.js';
import { examples } from '../../domain/examples.js';
import { parseInput } from '../../domain/input.js';
import { stands } from '../../domain/wording/standing.js';
import { now } from './clock.js';
import { authorised } from './decision.js';
import type { Job } from './job.js';
import { refused, refusing } from './refuse.js';
import type { OneAtATime } from './turns.js';

/** The owner of a duty says that it is done. No decision: nothing was proposed, and the workflow does not wait for it. */
export const closeDuty = defineUpdate<DutyReceipt, [CloseDutyInput]>('closeDuty');

interface Owing {
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
  readonly duties?: Duties;
}

const parsed = (input: unknown) => parseInput(CloseDutyInput, input, examples.closeDuty);

/**
 * Takes the closing of duties that the job opened, one at a time with its decisions. A duty that is closed already answers
 * with the first receipt.
 * @param opened resolves when the job's state is known; an update may come before
 */
export function takeDutyClosings<S extends Owing>(
  job: () => Job<S> | undefined,
  opened: Promise<unknown>,
  turns: OneAtATime,
): void {
  setHandler(
    closeDuty,
    (input) =>
      turns.run(async () => {
        await opened;
        return take(job()!, parsed(input));
      }),
    {
      description: 'Say that a duty is done. ／ 義務を完了にする',
      validator: (input) =>
        refusing(() => {
          const { duty } = parsed(input);
          const known = job();
          if (known) dutyOf(known.state.duties, duty);
        }),
    },
  );
}

async function take<S extends Owing>(job: Job<S>, input: CloseDutyInput): Promise<DutyReceipt> {
  if (job.apart) throw refused(stands(job));
  const duty = refusing(() => dutyOf(job.state.duties, input.duty));
  if (duty.closed) return dutyReceipt(input.duty, duty.closed);
  const authority = await authorised({
    rule: `duty.${duty.duty}`,
    verdict: 'done',
    by: input.by,
    at: now(),
    owner: duty.owner,
    votes: [],
  });
  await job.commit(closed(job.state, input, authority, now()));
  // A receipt says that the register has it.
  if (job.apart) throw refused(stands(job));
  return dutyReceipt(input.duty, job.state.duties![input.duty]!.closed!);
}
