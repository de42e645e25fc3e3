import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from './identity.js';
import { StackProblem, type Log } from './problem.js';

/** Servers that end more often than this while the stack runs are given up. */
const MAX_SERVER_RESTARTS = 5;

export interface Keep {
  readonly ends: (() => Promise<void>)[];
  readonly failures: Promise<StackProblem>[];
  readonly isStopping: () => boolean;
  readonly log: Log;
}

/** Starts a server, and starts it again on the same address when it ends unasked while the stack runs. */
export async function keepUp<S extends { readonly exited: Promise<Exit>; stop(): Promise<void> }>(
  name: string,
  ensure: (again?: S) => Promise<S>,
  { ends, failures, isStopping, log }: Keep,
): Promise<S> {
  const first = await ensure();
  let current = first;
  const watch = async (): Promise<StackProblem> => {
    for (let restarts = 0; ; restarts += 1) {
      const { expected } = await current.exited;
      if (expected || isStopping()) return new Promise(() => undefined);
      if (restarts === MAX_SERVER_RESTARTS) return endsAgain(name);
      log(`${name} ended unasked and is started again`);
      await sleep(200 * restarts);
      try {
        current = await ensure(current);
      } catch (error) {
        return error instanceof StackProblem ? error : endsAgain(name);
      }
      if (isStopping()) await current.stop();
    }
  };
  failures.push(watch());
  ends.push(() => current.stop());
  return first;
}

function endsAgain(name: string): StackProblem {
  return new StackProblem({
    en: `${name} ends again and again and is given up; read its log in the folder "logs" of the state folder, mend what it names and start again.`,
    ja: `${name} が何度も終了するので、再起動をやめました。状態フォルダーの「logs」にあるログを読んで、原因を取り除いてから、もう一度起動してください。`,
  });
}
