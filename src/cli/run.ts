import { readConfig } from '../config.js';
import type { Language } from '../domain/sentence.js';
import { App } from './app.js';
import { commandLine } from './commands.js';

/** Runs one command line. @returns its exit code */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  const app = new App(languageOf(argv));
  const program = await commandLine(app, argv);
  await program.parseAsync(argv, { from: 'user' });
  return app.exitCode;
}

/** The language of help and usage errors is known before commander reads the line. */
function languageOf(argv: readonly string[]): Language {
  const at = argv.indexOf('--lang');
  const asked = at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith('--lang='))?.slice('--lang='.length);
  return asked === 'ja' || asked === 'en' ? asked : readConfig().language;
}
