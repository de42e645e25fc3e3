import { HOUR, plus, type Instant } from '../instant.js';
import type { Change } from '../transition.js';
import { wordsFor } from '../wording/providerInspection.js';
import { mailed, type AskDates } from './ask.js';
import type { InspectionState, MailKind } from './state.js';
import { closeTask, entry, questionDigest, sendDecision, task, toMail, unchanged } from './steps.js';

/** A relay that is down for longer is somebody's task: no request stays a silent draft. */
const PATIENCE = 4 * HOUR;

/**
 * The mail did not go out. One that is refused calls people at once, one that has to wait after some hours; each once, and
 * it is tried again all the same.
 */
export function mailFailed(
  state: InspectionState,
  n: number,
  failure: { readonly kind: 'refused' | 'later'; readonly problem: string },
  at: Instant,
): Change<InspectionState> {
  const { mail } = state;
  if (mail?.n !== n) return unchanged(state);
  const failingSince = mail.failingSince ?? at;
  const told = failure.kind === 'refused' || plus(failingSince, PATIENCE) <= at;
  // When it began is told with whatever comes next: it changes nothing that people read.
  if (mail.told || !told) return { state: { ...state, mail: { ...mail, failingSince } }, entries: [] };
  const next: InspectionState = {
    ...state,
    mail: { ...mail, failingSince, told: true },
    questions: state.questions + 1,
  };
  const { problem } = failure;
  return {
    state: next,
    entries: [
      entry(next, 'alarm.mailFailed', at, { mail: mail.kind, problem, since: failingSince }, [
        closeTask('mail'),
        task(
          'mail',
          ['providerManager'],
          wordsFor(next).mailFailed(problem),
          sendDecision('mail', 'again', questionDigest(next)),
        ),
      ]),
    ],
  };
}

/** Kind and number of a mail, from its key `<inspection>/<kind>/<n>`; undefined for one of another inspection. */
function mailOf(state: InspectionState, key: string): { kind: MailKind; n: number } | undefined {
  if (!key.startsWith(`${state.id}/`)) return undefined;
  const [kind, n] = key.slice(state.id.length + 1).split('/');
  const number = Number(n);
  if (!KINDS.includes(kind as MailKind) || !Number.isInteger(number) || number < 1 || number > state.mails)
    return undefined;
  return { kind: kind as MailKind, n: number };
}

const KINDS: readonly MailKind[] = ['request', 'reminder', 'overdue', 'follow-up', 'remediation-reminder'];

/** A mail of ours came back: somebody reaches the contact in another way, the same day. */
export function mailBounced(state: InspectionState, key: string, at: Instant): Change<InspectionState> {
  const mail = mailOf(state, key);
  if (!mail || (state.undelivered && state.undelivered.n >= mail.n)) return unchanged(state);
  const next: InspectionState = { ...state, undelivered: mail, questions: state.questions + 1 };
  return {
    state: next,
    entries: [
      entry(next, 'alarm.mailBounced', at, { mail: mail.kind, n: mail.n }, [
        closeTask('bounced'),
        task(
          'bounced',
          ['providerManager'],
          wordsFor(next).mailBounced(mail.kind),
          sendDecision('mail', 'again', questionDigest(next)),
        ),
      ]),
    ],
  };
}

/** Is the mail of a key one of this inspection? */
export const knowsMail = (state: InspectionState, key: string) => mailOf(state, key) !== undefined;

/** The mail that somebody has to decide about. */
export const openMail = ({ mail, undelivered, phase }: InspectionState): { kind: MailKind; n: number } | undefined =>
  phase === 'CLOSED' ? undefined : mail?.told ? mail : undelivered;

/**
 * What would be sent instead of a mail that did not arrive: what it asked is asked as things stand now. Undefined when it
 * would say nothing that is still true.
 */
function insteadOf(kind: MailKind, { phase, asked, remediation }: InspectionState): MailKind | undefined {
  switch (kind) {
    case 'request':
    case 'follow-up':
      if (phase === 'FOLLOW_UP_REQUESTED') return 'follow-up';
      return phase === 'SCOPED' || phase === 'REQUESTED' || phase === 'OVERDUE' ? 'request' : undefined;
    case 'remediation-reminder':
      return phase === 'REMEDIATION_COMMITTED' && remediation ? kind : undefined;
    default:
      return asked && ['REQUESTED', 'OVERDUE', 'FOLLOW_UP_REQUESTED'].includes(phase) ? kind : undefined;
  }
}

/** `again`: anew, to the address as it stands now. `by-hand`: the contact was reached in another way. */
export function mailVerdicts(state: InspectionState): readonly string[] {
  return insteadOf(openMail(state)!.kind, state) ? ['again', 'by-hand'] : ['by-hand'];
}

/** Which deadlines an open request of this inspection has. */
export const asksKind = (state: InspectionState): 'request' | 'follow-up' =>
  state.phase === 'FOLLOW_UP_REQUESTED' || (state.phase === 'ESCALATED' && state.evaluations > 0)
    ? 'follow-up'
    : 'request';

/** Sent anew under a key of its own, or told by hand: then the days of a request count from now. */
export function decideMail(state: InspectionState, verdict: string, asks: AskDates, at: Instant): InspectionState {
  const open = openMail(state)!;
  const { undelivered: _undelivered, mail, ...rest } = state;
  const kind = insteadOf(open.kind, state);
  if (verdict === 'again') return toMail(rest, kind ?? open.kind);
  const request = kind === 'request' || kind === 'follow-up';
  const told = request ? mailed({ ...rest, mail: { kind, n: open.n } }, open.n, at, asks).state : rest;
  // Whatever else was to go out still goes out: what came back may name a mail that never was.
  const other = mail && (mail.n !== open.n || mail.kind !== open.kind);
  return other && !request ? { ...told, mail } : told;
}

/** The provider wrote: his mail is in the register, and somebody reads it. */
export function replied(state: InspectionState, reply: string, at: Instant): Change<InspectionState> {
  if (state.replies?.includes(reply)) return unchanged(state);
  const next: InspectionState = { ...state, replies: [...(state.replies ?? []), reply] };
  return {
    state: next,
    entries: [
      entry(next, 'replyReceived', at, { reply }, [
        closeTask('reply'),
        task('reply', ['providerManager'], wordsFor(next).reply, sendDecision('reply', 'read', replyDigest(next))),
      ]),
    ],
  };
}

/** Replies that nobody has read yet. */
export const unreadReplies = ({ replies = [], repliesRead = 0 }: InspectionState) => replies.slice(repliesRead);

/** Of the newest reply: reading covers what had come by then. */
export const replyDigest = ({ replies = [] }: InspectionState) =>
  `${replies.length}-${(replies.at(-1) ?? '').slice(0, 40)}`;
