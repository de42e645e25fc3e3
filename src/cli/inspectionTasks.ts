import { shellWord } from './output.js';
import type { Shown, Waiting } from './jobs.js';

interface Send {
  readonly update?: string;
  readonly json?: object;
}

const JOB = 'providerInspection/';

/**
 * The ready command for a task of an inspection or a round. A person fills in the capitals; as it stands it is refused.
 * @returns undefined for a task of another job
 */
export function inspectionCommand(workflowId: string, subject: string, send: Send | null): string | undefined {
  if (workflowId.startsWith('inspectionRound/'))
    return `npx hikeshi round status ${shellWord(workflowId.slice('inspectionRound/'.length))}`;
  if (!workflowId.startsWith(JOB)) return undefined;
  const unit = shellWord(workflowId.slice(JOB.length));
  if (send?.update === 'start suspension')
    return `npx hikeshi suspend propose --name ${unit.split('/')[1]}-${subject}-1 --input ${shellWord(JSON.stringify(send.json))}`;
  if (send?.update === 'proposeEvaluation' || subject === 'evaluate')
    return `npx hikeshi inspection evaluate ${unit} --file evaluation.csv --by YOUR-ID --reason WHY`;
  if (send?.update === 'commitRemediation')
    return `npx hikeshi inspection commit ${unit} --due DAY --by YOUR-ID --reason WHY`;
  return `npx hikeshi inspection show ${unit}`;
}

/** One line for what many units of a round wait for, so that the first minute fits one screen; `tasks` lists each. */
export function foldInspections(decisions: readonly Waiting[]): Shown[] {
  return folded(decisions).map(({ members, units, incident }) => {
    const first = members[0]!;
    if (members.length === 1) return first;
    const { json: _ofFirst, ...all } = first;
    const { subject } = first;
    return {
      ...all,
      workflowId: `${JOB}${incident}`,
      subject: `${subject} (${members.length})`,
      asks: manyWait(subject, incident, units),
      mayDecide: {},
      command: tasksOf(incident),
    };
  });
}

/** The same for tasks that are no decisions. */
export function foldTasks<T extends Foldable & { readonly command?: string }>(tasks: readonly T[]): T[] {
  return folded(tasks).map(({ members, units, incident }) => {
    const first = members[0]!;
    if (members.length === 1) return first;
    return { ...first, asks: manyWait(first.subject, incident, units), command: tasksOf(incident) };
  });
}

type Foldable = Pick<Waiting, 'workflowId' | 'incident' | 'subject' | 'asks'>;

const tasksOf = (round: string) => `npx hikeshi tasks --incident ${shellWord(round)}`;

const NAMED = 12;

function manyWait(subject: string, round: string, units: readonly string[]) {
  const named = units.slice(0, NAMED).join(', ');
  const more = units.length - NAMED;
  return {
    en: `${units.length} units of the round ${round} wait for "${subject}": ${named}${more > 0 ? ` and ${more} more` : ''}.`,
    ja: `点検 ${round} の ${units.length} 先が「${subject}」を待っています: ${named}${more > 0 ? ` ほか${more}先` : ''}。`,
  };
}

/** In the order of the first of each. */
function folded<T extends Foldable>(all: readonly T[]) {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const { workflowId, incident, subject } = each;
    const key = workflowId.startsWith(JOB) ? `${incident} ${subject}` : `${workflowId} ${subject}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()].map((members) => ({
    members,
    incident: members[0]!.incident,
    units: members.map(({ workflowId }) => workflowId.split('/').at(-1)!),
  }));
}
