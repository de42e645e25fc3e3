/** Control frameworks and checklists (DOMAIN 3.3): items as data, which of them a unit has to meet, and what they protect. */
export * from './framework/schema.js';
export * from './framework/predicate.js';
export * from './framework/compose.js';
export * from './framework/applicable.js';
export * from './framework/lint.js';
export * from './framework/diff.js';
export * from './framework/spreadsheet.js';
