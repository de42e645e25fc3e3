import { defineSignal, setHandler } from '@temporalio/workflow';

export const reconcile = defineSignal<[{ v: 1; by: string }]>('reconcile');

/** A person says: go on with what the register holds. */
export function takeReconcile(job: () => { readonly diverged: boolean; reconcileWanted: boolean } | undefined): void {
  setHandler(
    reconcile,
    () => {
      // Only somebody who sees that they went apart can want it: an earlier one must not answer a later question.
      const known = job();
      if (known) known.reconcileWanted = known.diverged;
    },
    { description: 'Go on with what the register holds. ／ 台帳の内容で再開する' },
  );
}
