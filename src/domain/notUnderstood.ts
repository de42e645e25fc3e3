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
        en: `The signal "${signal}" to ${state.id} could not be read, and nothing was done on it. Have its sender send it again in the right form. ${problem.en}`,
        ja: `${state.id} へのシグナル「${signal}」を読み取れず、何も行っていません。送信元に正しい形での再送を依頼してください。${problem.ja}`,
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
