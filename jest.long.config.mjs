import quick from './jest.config.mjs';

/** The tests that take minutes: faults at random, and the drill with its worker killed again and again. */
export default {
  ...quick,
  roots: ['<rootDir>/test/long'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 900_000,
  maxWorkers: 1,
};
