import type { Instant } from './instant.js';
import { Refusal } from './refusal.js';
import { splitSubject } from './suspension/state.js';
import type { Sentence } from './sentence.js';
import type { Entry } from './transition.js';

/**
 * Tasks that tell people of something that no workflow asks them about, and that none sees being done: a signal that could
 * not be taken, a measure that did not start, a measure to be changed, a case that a watch could not stop by itself, a
 * case on what is stopped.
 */
const TOLD = ['signal', 'start', 'change', 'watch', 'lossAfterStop'];

/** May a person close it by saying what was done? All others close by the decision, duty or mail that they are about. */
export const isClosedByWord = (subject: string): boolean => TOLD.includes(splitSubject(subject)[0]);

/** A person saw to it. Stands under the workflow that the task is about; its row is closed by its id. */
export function taskHandled(
  task: { readonly id: string; readonly workflowId: string; readonly incident: string; readonly subject: string },
  said: { readonly by: string; readonly role: string; readonly reason: string; readonly rosterVersion: string },
  at: Instant,
): Entry {
  if (!isClosedByWord(task.subject)) throw new Refusal(closesByItself(task.subject));
  return {
    entity: task.workflowId,
    incident: task.incident,
    kind: 'taskHandled',
    effectiveAt: at,
    content: { task: task.id, subject: task.subject, ...said },
    rows: [{ do: 'closeTask', id: task.id }],
  };
}

const closesByItself = (subject: string): Sentence => ({
  en: `The task "${subject}" closes when what it asks for is done. "hikeshi tasks" shows the command for it.`,
  ja: `タスク「${subject}」は、求められている対応が済めば自動的に完了します。コマンドは hikeshi tasks で確認してください。`,
});
