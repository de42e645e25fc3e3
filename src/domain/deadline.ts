/**
 * What workflows need of deadlines. Rules, words and calendars (`deadline/resolve.ts`) are activities' work: their
 * schemas would only weigh on every waiting workflow.
 */
export { elapsed, ratification } from './deadline/elapsed.js';
export type { Deadline, Firmness } from './deadline/value.js';
