/**
 * Something that the person at the keyboard must mend before the project can run. Plain Node, no dependencies: the
 * set-up throws it before anything is installed. The compiled code has its twin in `src/stack/problem.ts`.
 */
export class SetupProblem extends Error {
  /** @param {{ ja: string, en: string }} sentence */
  constructor(sentence) {
    super(`${sentence.en} ／ ${sentence.ja}`);
    this.name = 'SetupProblem';
    this.sentence = sentence;
  }
}

/** Runs the main function of a script: a problem is told in one sentence, everything else is a fault of ours with its stack. */
export function runMain(main) {
  Promise.resolve()
    .then(main)
    .catch((error) => {
      process.stderr.write(error && error.sentence ? `\n${error.message}\n` : `\n${(error && error.stack) || error}\n`);
      process.exitCode = 1;
    });
}
