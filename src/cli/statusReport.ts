import type { OwedDuty } from '../domain/duty.js';
import { exposedFunctions, statesToday, type Exposed } from '../domain/exposed.js';
import type { ChannelState } from '../domain/holds.js';
import { DAY, millis, type Instant, type Zone } from '../domain/instant.js';
import { stoppedInVain } from '../domain/lossAfterStop.js';
import { onDuty } from '../domain/roster.js';
import type { Sentence } from '../domain/sentence.js';
import type { InspectionState } from '../domain/providerInspection.js';
import type { SuspensionState, TargetStanding } from '../domain/suspension.js';
import { DUTY_NAMES } from '../domain/wording/duty.js';
import type { AllDocuments } from '../store/documents.js';
import { readDuties } from '../store/duties.js';
import { failingInspections } from '../store/lastInspections.js';
import type { Db } from '../store/open.js';
import { modeOf } from './clock.js';
import type { Context } from './context.js';
import { questionsOf, readJobs, waiting, type OpenJob, type Waiting } from './jobs.js';
import { look, lookAtChannels, lookAtWorker, type PartState } from './statusParts.js';
import { roundsNow, type InspectionClock, type RoundLine } from './statusRounds.js';
import { byDue, openTasks, type OpenTask } from './tasks.js';

export interface IncidentLine {
  readonly incident: string;
  readonly cases: number;
  readonly lastLoss: { readonly confirmedAt: Instant; readonly target: string };
  /** A loss was confirmed within a day on a function that is not suspended, or that occurred after its stop was executed. */
  readonly lossesGoOn: boolean;
  /** Stopped functions of which that is so: the stop does not hold, or is not the only way in. */
  readonly despiteStop: readonly string[];
}

export interface Clock {
  readonly at: Instant;
  readonly what: Sentence;
}

export interface StatusReport {
  readonly at: Instant;
  readonly zone: Zone;
  readonly mode: 'live' | 'drill' | 'unknown';
  readonly playbook?: { readonly title: Sentence; readonly version: string; readonly source: 'register' | 'folder' };
  readonly parts: readonly PartState[];
  readonly onDuty?: { readonly person: string; readonly second: string };
  /** Absent: the register is down, and nobody can tell. */
  readonly known?: Known;
}

export interface Known {
  readonly incidents: readonly IncidentLine[];
  readonly exposed: readonly Exposed[];
  /** Open suspensions and restrictions, with how their targets were dealt with. */
  readonly measures: readonly {
    readonly workflowId: string;
    readonly stage: string;
    readonly targets: number;
    /** Read back as ordered. */
    readonly proven: number;
    /** Nothing proves it; a person's name stands for it. */
    readonly byHand: number;
    /** Given up by a person: not stopped by this measure. */
    readonly skipped: number;
    readonly link: string;
  }[];
  readonly emergencies: readonly { readonly workflowId: string; readonly ratifyBy: Instant; readonly link: string }[];
  /** Inspection rounds that are not closed. */
  readonly rounds: readonly RoundLine[];
  readonly nextClock?: Clock;
  readonly overdue: readonly Clock[];
  readonly decisions: readonly Waiting[];
  /** May be decided, and nobody needs to within a day. */
  readonly later: readonly Waiting[];
  readonly needsHuman: readonly OpenTask[];
}

/** Looks at everything at once; what is down is said, and the rest is still shown. */
export async function statusReport(context: Context): Promise<StatusReport> {
  const registerAnswers = context.register();
  const temporalAnswers = context.temporal();
  const documents = context.documents().catch(() => undefined);
  const channels = documents.then((found) => (found ? lookAtChannels(context, found.documents) : []));
  const [register, temporal, worker, channelSystem, docs, zone] = await Promise.all([
    look('register', registerAnswers),
    look('temporal', temporalAnswers),
    lookAtWorker(context),
    channels,
    documents,
    context.zone(),
  ]);
  let mode: StatusReport['mode'] = 'unknown';
  let known: Known | undefined;
  let at = context.now();
  let registerPart = register;
  if (register.state === 'up') {
    try {
      const db = await registerAnswers;
      const clock = await context.asking(modeOf(db, at));
      ({ mode, at } = clock);
      known = await context.asking(readKnown(context, db, docs?.documents, { at, zone }));
    } catch (error) {
      const { sentence } = error as { sentence?: Sentence };
      if (!sentence) throw error;
      registerPart = { ...register, state: 'down', problem: sentence };
    }
  }
  const rota = docs && onDuty(docs.documents.roster, at);
  return {
    at,
    zone,
    mode,
    ...(docs && {
      playbook: { title: docs.documents.playbook.title, version: docs.documents.playbook.version, source: docs.source },
    }),
    parts: [temporal, worker, registerPart, ...channelSystem],
    ...(rota && { onDuty: { person: rota.person, second: rota.second } }),
    ...(known && { known }),
  };
}

interface LossRow {
  readonly incident: string;
  readonly target: string;
  readonly count: number;
  readonly occurred_at: Instant;
  readonly confirmed_at: Instant;
}

async function readKnown(
  context: Context,
  db: Db,
  documents: AllDocuments | undefined,
  { at, zone }: { readonly at: Instant; readonly zone: Zone },
): Promise<Known> {
  const link = (id: string) => context.link(id);
  const [all, losses, states, tasks, duties, inspections, failing] = await Promise.all([
    readJobs(db, { closed: true, waiting: true }),
    db
      .selectFrom('loss')
      .select(['incident', 'target', 'count', 'occurred_at', 'confirmed_at'])
      .orderBy('confirmed_at')
      .execute(),
    lastStates(db),
    openTasks(db, link),
    readDuties(db),
    roundsNow(context, db, documents?.providers, { at, zone }),
    failingInspections(db),
  ]);
  const open = all.filter(({ closed }) => !closed);
  const questions = open
    .flatMap((job) =>
      questionsOf(job.of).map((question) => waiting(job, question, documents, at, link(job.workflowId))),
    )
    .sort(byDue);
  const soon = (question: Waiting) => {
    // Reversing is always possible and never due; a review far ahead is nobody's business now.
    if (question.subject === 'reverse') return false;
    return question.subject !== 'review' || (question.due !== undefined && millis(question.due) - millis(at) < DAY);
  };
  const asked = new Set(questions.map(({ workflowId, subject }) => `${workflowId} ${subject}`));
  const clocks = clocksOf(open, questions, duties, inspections.clocks);
  const emergencies = open.flatMap(({ of, workflowId }) =>
    of.job === 'suspension' && of.state.ratification && !of.state.ratification.by && of.state.phase === 'ordered'
      ? [{ workflowId, ratifyBy: of.state.ratification.due.at, link: link(workflowId) }]
      : [],
  );
  const next = clocks.find((clock) => clock.at >= at);
  const suspensions = all.flatMap(({ of }) => (of.job === 'suspension' ? [of.state] : []));
  return {
    incidents: incidentLines(losses, states, suspensions, at),
    exposed: exposedFunctions({
      losses,
      states,
      suspensions,
      containments: all.flatMap(({ of }) => (of.job === 'containment' ? [of.state] : [])),
      inspections: failing as unknown as InspectionState[],
      services: documents?.services,
    }),
    measures: open.flatMap(({ of, workflowId, stage }) => {
      if (of.job !== 'suspension') return [];
      const targets = Object.values(of.state.targets);
      const inStatus = (status: TargetStanding['status']) =>
        targets.filter((target) => target.status === status).length;
      return [
        {
          workflowId,
          stage,
          targets: targets.length,
          proven: inStatus('settled'),
          byHand: inStatus('done-by-hand'),
          skipped: inStatus('skipped'),
          link: link(workflowId),
        },
      ];
    }),
    emergencies,
    rounds: inspections.lines,
    ...(next && { nextClock: next }),
    overdue: clocks.filter((clock) => clock.at < at),
    decisions: questions.filter(soon),
    later: questions.filter((question) => !soon(question) && question.subject !== 'reverse'),
    needsHuman: tasks.filter(({ workflowId, subject }) => !asked.has(`${workflowId} ${subject}`)),
  };
}

/** What was read back last of each function that was ever ordered; all others are active. */
async function lastStates(db: Db): Promise<Map<string, ChannelState>> {
  const rows = await db
    .selectFrom('function_state')
    .distinctOn('target')
    .select(['target', 'state'])
    .orderBy('target')
    .orderBy('effective_at', 'desc')
    .orderBy('order_n', 'desc')
    .execute();
  return new Map(rows.map(({ target, state }) => [target, state as ChannelState]));
}

function incidentLines(
  losses: readonly LossRow[],
  readBack: ReadonlyMap<string, ChannelState>,
  suspensions: readonly SuspensionState[],
  at: Instant,
): IncidentLine[] {
  const states = statesToday(readBack, suspensions);
  const incidents = [...new Set(losses.map(({ incident }) => incident))].sort();
  return incidents.map((incident) => {
    const own = losses.filter((loss) => loss.incident === incident);
    const last = own.at(-1)!;
    const today = own.filter(({ confirmed_at }) => millis(at) - millis(confirmed_at) < DAY);
    const stopped = today.filter(({ target }) => states.get(target) === 'SUSPENDED');
    const despiteStop = stoppedInVain(
      stopped.map(({ target, occurred_at: occurredAt }) => ({ target, occurredAt })),
      suspensions,
    );
    return {
      incident,
      cases: own.reduce((sum, { count }) => sum + count, 0),
      lastLoss: { confirmedAt: last.confirmed_at, target: last.target },
      lossesGoOn: stopped.length < today.length || despiteStop.length > 0,
      despiteStop,
    };
  });
}

/** Every time limit that somebody is held to, in order. */
function clocksOf(
  open: readonly OpenJob[],
  questions: readonly Waiting[],
  duties: readonly OwedDuty[],
  inspections: readonly InspectionClock[],
): Clock[] {
  const watches = open.flatMap(({ of, workflowId }): Clock[] =>
    of.job === 'suspension' && of.state.phase === 'watching' && of.state.watchEnds
      ? [{ at: of.state.watchEnds.at, what: { en: `the watch of ${workflowId} ends`, ja: `${workflowId} の監視終了` } }]
      : [],
  );
  // A question about what is due by the same day anyway is no clock of its own.
  const told = new Set(inspections.flatMap((clock) => clock.workflowIds.map((id) => `${clock.at} ${id}`)));
  const decisions = questions.flatMap(({ due, subject, workflowId }): Clock[] =>
    due && !told.has(`${due} ${workflowId}`)
      ? [{ at: due, what: { en: `${subject}: ${workflowId}`, ja: `${subject}: ${workflowId}` } }]
      : [],
  );
  const owed = duties.map(({ due, duty, workflowId }): Clock => {
    const name = DUTY_NAMES[duty];
    return { at: due, what: { en: `${name.en}: ${workflowId}`, ja: `${name.ja}: ${workflowId}` } };
  });
  const inspected = inspections.map(({ at, what }) => ({ at, what }));
  return [...watches, ...decisions, ...owed, ...inspected].sort((a, b) => (a.at < b.at ? -1 : 1));
}
