/** The published result of a round, in every format; pure. The PDF is placed by `templates/round-report.typ`. */
export * from './roundReport/release.js';
export * from './roundReport/view.js';
export * from './roundReport/markdown.js';
export * from './roundReport/html.js';
export * from './roundReport/table.js';
