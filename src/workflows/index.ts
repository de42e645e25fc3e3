export { containment } from './containment.js';
export { suspension } from './suspension.js';
export { guardSweep } from './guardSweep.js';
