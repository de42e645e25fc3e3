export { containment } from './containment.js';
export { suspension } from './suspension.js';
export { guardSweep } from './guardSweep.js';
export { inspectionRound } from './inspectionRound.js';
export { providerInspection } from './providerInspection.js';
export { evaluation } from './evaluation.js';
export { improvement } from './improvement.js';
export { gapReview } from './gapReview.js';
