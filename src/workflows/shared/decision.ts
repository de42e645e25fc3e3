import { defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import {
  answered,
  DecisionSchema,
  type Decision,
  type DecisionReceipt,
  type Question,
  type Vote,
} from '../../domain/decision.js';
import { examples } from '../../domain/examples.js';
import { parseInput } from '../../domain/input.js';
import type { Instant } from '../../domain/instant.js';
import type { Authority } from '../../domain/roster.js';
import type { Authorised } from '../../domain/roster.js';
import type { Sentence } from '../../domain/sentence.js';
import type { Change } from '../../domain/transition.js';
import { receiptMessage, stands } from '../../domain/wording/standing.js';
import { register } from './activities.js';
import { now } from './clock.js';
import type { Job } from './job.js';
import { refused, refusing } from './refuse.js';
import type { OneAtATime } from './turns.js';

/** The one update by which people decide, on every workflow that waits for them. */
export const decide = defineUpdate<DecisionReceipt, [Decision]>('decide');

/** What the workflow waits for people to decide, with verdicts, digest and due instant. */
export const questions = defineQuery<readonly Question[]>('questions');

interface Decidable {
  readonly id: string;
  readonly incident: string;
  readonly sequence: number;
  readonly receipts: Readonly<Record<string, string>>;
}

export interface DecisionRules<S extends Decidable> {
  /** Who proposed what the question is about, which control failed, who runs the unit: they bar people from deciding. */
  bars(
    state: S,
    question: Question,
  ): { proposer?: string | undefined; failedControl?: string | undefined; unitOwner?: string | undefined };
  /** What applying a decision needs from the register, read before the state is looked at again. */
  prepare?(state: S, decision: Decision): Promise<void>;
  votes(state: S): readonly Vote[];
  apply(state: S, decision: Decision, authority: Authorised, at: Instant): Change<S>;
  /** What is to be done after a complete decision: said to whoever completed it. */
  next?(state: S): Sentence | undefined;
}

/** Receipts kept for repeats; older ones are in the register. */
const KEPT_RECEIPTS = 50;

/**
 * Takes decisions: the validator refuses what cannot be one before it enters the history; the handler, one at a time,
 * asks the register who may, looks at the state again, and records. A repeated decision gets its first receipt.
 * @param opened resolves when the job's state is known; an update may come before
 */
export function takeDecisions<S extends Decidable>(
  job: () => Job<S> | undefined,
  opened: Promise<unknown>,
  turns: OneAtATime,
  rules: DecisionRules<S>,
): void {
  setHandler(questions, () => job()?.questions() ?? [], {
    description: 'What waits for a decision. ／ 待っている判断',
  });
  setHandler(
    decide,
    (input) =>
      turns.run(async () => {
        await opened;
        return take(job()!, parseInput(DecisionSchema, input, examples.decide), rules);
      }),
    {
      description:
        'Decide what this workflow waits for. The JSON to send stands in the current details. ／ 待っている判断を行う',
      validator: (input) =>
        refusing(() => {
          const decision = parseInput(DecisionSchema, input, examples.decide);
          const known = job();
          if (known && (known.apart || !known.state.receipts[keyOf(decision)]))
            answered(known.questions(), decision, stands(known));
        }),
    },
  );
}

const keyOf = ({ subject, verdict, by, digest }: Decision) => [subject, verdict, by, digest].join('|');

/** May this person, as of now? @throws the refusal, as people read it */
export async function authorised(question: Authority): Promise<Authorised> {
  const authority = await register.authorise(question);
  if (authority.kind === 'refused') throw refused(authority.sentence);
  return authority;
}

/**
 * Takes an update in its turn, once the job's state is known. Its answer says that the register has it; while history and
 * register are apart it is refused.
 */
export function inTurn<S extends Decidable, T>(
  job: () => Job<S> | undefined,
  opened: Promise<unknown>,
  turns: OneAtATime,
  work: () => Promise<T>,
): Promise<T> {
  return turns.run(async () => {
    await opened;
    if (job()!.apart) throw refused(stands(job()!));
    const done = await work();
    if (job()!.apart) throw refused(stands(job()!));
    return done;
  });
}

async function take<S extends Decidable>(
  job: Job<S>,
  decision: Decision,
  rules: DecisionRules<S>,
): Promise<DecisionReceipt> {
  const key = keyOf(decision);
  const earlier = job.state.receipts[key];
  if (earlier && !job.apart) return receipt(decision, earlier, rules.next?.(job.state));
  const question = refusing(() => answered(job.questions(), decision, stands(job)));
  const votes = rules
    .votes(job.state)
    .filter(
      ({ subject, verdict, digest }) =>
        subject === decision.subject && verdict === decision.verdict && digest === decision.digest,
    );
  const authority = await authorised({
    rule: question.rule,
    verdict: decision.verdict,
    by: decision.by,
    at: now(),
    votes,
    ...rules.bars(job.state, question),
  });
  await rules.prepare?.(job.state, decision);
  // The state may have moved while the register answered.
  refusing(() => answered(job.questions(), decision, stands(job)));

  const at = now();
  const change = refusing(() => rules.apply(job.state, decision, authority, at));
  const mark = `${at} ${authority.complete ? 'complete' : 'waits'}`;
  const all: [string, string][] = [...Object.entries<string>(change.state.receipts), [key, mark]];
  const receipts = Object.fromEntries(all.slice(-KEPT_RECEIPTS));
  await job.commit({ ...change, state: { ...change.state, receipts } });
  // A receipt says that the register has it.
  if (job.apart) throw refused(stands(job));
  return receipt(decision, mark, rules.next?.(job.state));
}

function receipt({ subject, verdict, by }: Decision, mark: string, next: Sentence | undefined): DecisionReceipt {
  const [at, state] = mark.split(' ');
  const complete = state === 'complete';
  return {
    subject,
    verdict,
    by,
    acceptedAt: at as Instant,
    complete,
    identity: 'unverified',
    message: receiptMessage(complete, next),
  };
}
