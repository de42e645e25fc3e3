/** A round over all units (DOMAIN 3.3): pure, without clock, network or register. */
export * from './inspectionRound/state.js';
export * from './inspectionRound/steps.js';
export * from './inspectionRound/predict.js';
export * from './inspectionRound/result.js';
export * from './inspectionRound/target.js';
