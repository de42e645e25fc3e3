import { containmentId } from './ids.js';
import type { Instant } from './instant.js';
import type { Sentence } from './sentence.js';
import type { Change, Row } from './transition.js';

/** A signal that could not be read. Its sender gets no answer, so people have to be told. */
export interface NotUnderstood {
  readonly signal: string;
  /** Names the field, never its value. */
  readonly problem: Sentence;
}

interface Told {
  readonly id: string;
  readonly notUnderstood?: readonly string[];
}

/** Kinds of mistakes kept in the state, so that people are called once for each. */
const KEPT = 20;

/**
 * Nothing that was sent is lost: the timeline says what could not be read and why. A sender that repeats its mistake
 * repeats the alarm, not the call.
 */
export function signalNotUnderstood<S extends Told>(
  state: S,
  { signal, problem }: NotUnderstood,
  at: Instant,
): Change<S> {
  const mistake = `${signal}: ${problem.en}`;
  const told = state.notUnderstood ?? [];
  const subject = `signal:${signal}`;
  const rows: Row[] = [
    { do: 'closeTasks', subject },
    {
      do: 'openTask',
      subject,
      roles: ['dutyOfficer'],
      call: true,
      asks: {
        en: `The signal "${signal}" to ${state.id} could not be read, and nothing was done on it. Have its sender send it again in the right form. ${problem.en} Then close this task: "hikeshi tasks" shows the command.`,
        ja: `${state.id} へのシグナル「${signal}」を読み取れず、何も行っていません。送信元に正しい形での再送を依頼してください。${problem.ja}対応が済んだら、hikeshi tasks に表示されるコマンドでこのタスクを完了にしてください。`,
      },
    },
  ];
  return {
    state: told.includes(mistake) ? state : { ...state, notUnderstood: [...told, mistake].slice(-KEPT) },
    entries: [
      {
        entity: state.id,
        kind: 'alarm.signalNotUnderstood',
        effectiveAt: at,
        content: { signal, problem: problem.en },
        rows: told.includes(mistake) ? [] : rows,
      },
    ],
  };
}

/** A loss on a function that is not looked after here: nobody else was told of it, so people have to be. */
export function lossMisdirected<S extends Told>(
  state: S,
  { incident, target, reference }: { readonly incident: string; readonly target: string; readonly reference: string },
  at: Instant,
): Change<S> {
  const right = containmentId(incident, target);
  const problem: Sentence = {
    en: `It tells of a loss on ${target}, which is looked after by ${right}. Send it there.`,
    ja: `${target} の被害を伝えていますが、担当は ${right} です。そちらへ送ってください。`,
  };
  const { state: told, entries } = signalNotUnderstood(state, { signal: 'lossConfirmed', problem }, at);
  const content = { reference, incident, target };
  return { state: told, entries: entries.map((entry) => ({ ...entry, kind: 'alarm.lossMisdirected', content })) };
}
