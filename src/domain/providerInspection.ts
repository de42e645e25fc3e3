/** The inspection of one unit, provider or own service (DOMAIN 3.3): pure, without clock, network or register. */
export * from './providerInspection/state.js';
export * from './providerInspection/notApplicable.js';
export * from './providerInspection/ask.js';
export * from './providerInspection/answer.js';
export * from './providerInspection/evaluate.js';
export * from './providerInspection/remedy.js';
export * from './providerInspection/risk.js';
export * from './providerInspection/mail.js';
export * from './providerInspection/gate.js';
export * from './providerInspection/decide.js';
export * from './providerInspection/clocks.js';
export * from './providerInspection/close.js';
export { nextDue } from './providerInspection/steps.js';
