/** What a newer version of a framework asks and units never answered: who looks, by when, and what two persons decide. */
export * from './gapReview/state.js';
export * from './gapReview/review.js';
