/**
 * Evaluated once for all runs of a worker thread, not by each run for itself: zod and the schemas of every job's inputs. They
 * are nine tenths of the heap of a waiting workflow, and most of the time that a run takes to begin. Only what keeps
 * nothing of a run may be imported here: the domain.
 */
import '../../domain/containment.js';
import '../../domain/decision.js';
import '../../domain/duty.js';
import '../../domain/evaluation.js';
import '../../domain/gapReview.js';
import '../../domain/guardSweep.js';
import '../../domain/improvement.js';
import '../../domain/inspectionRound.js';
import '../../domain/providerInspection.js';
import '../../domain/resume.js';
import '../../domain/suspension.js';

/** By module id: what webpack bundled, and what was evaluated so far. */
declare const __webpack_modules__: Readonly<Record<string, unknown>>;
declare const __webpack_module_cache__: Readonly<Record<string, { readonly exports: object } | undefined>>;

// The SDK freezes what is shared, to the bottom, but zod completes a schema when it is first used. What is frozen already
// the SDK leaves as it is.
for (const id of Object.keys(__webpack_modules__).filter((name) => /\/(zod|domain)\//.test(name))) {
  const evaluated = __webpack_module_cache__[id];
  if (evaluated) Object.freeze(evaluated.exports);
}

// The SDK takes a stack for each promise of a workflow, which was half of the time of a step that starts ten orders. Four
// frames name the place in our code that waits or fails, and take a third of that.
Error.stackTraceLimit = 4;
