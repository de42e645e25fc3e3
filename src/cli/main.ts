#!/usr/bin/env node
import { readConfig } from '../config.js';
import type { Language } from '../domain/sentence.js';
import { App } from './app.js';
import { backupCommand, restoreCommand } from './backup.js';
import { decideCommand } from './decide.js';
import { deadlineCommands } from './deadline.js';
import { drillCommand } from './drill.js';
import { evaluationCommands } from './evaluation.js';
import { frameworkCommands } from './framework.js';
import { dutyCommands } from './duty.js';
import { improvementCommands } from './improvement.js';
import { lossCommands } from './loss.js';
import { mailCommands } from './mail.js';
import { playbookCommands } from './playbook.js';
import { reconcileCommand } from './reconcile.js';
import { inspectionCommands } from './inspection.js';
import { roundCommands } from './round.js';
import { keyCommands, setUpCommands } from './setUp.js';
import { startCommand } from './start.js';
import { statusCommand } from './status.js';
import { suspendCommands } from './suspend.js';
import { tasksCommand } from './tasks.js';
import { workerCommand } from './worker.js';

/** The language of help and usage errors is known before commander reads the line. */
function languageOf(argv: readonly string[]): Language {
  const at = argv.indexOf('--lang');
  const asked = at >= 0 ? argv[at + 1] : argv.find((word) => word.startsWith('--lang='))?.slice('--lang='.length);
  return asked === 'ja' || asked === 'en' ? asked : readConfig().language;
}

const app = new App(languageOf(process.argv));
const program = app
  .group('hikeshi', {
    en: 'Runs a payment or banking fraud incident: stops functions, proves it, and keeps every clock.',
    ja: '決済・銀行の不正事案を管理します。機能を停止し、停止を確認し、期限を守ります。',
  })
  .showHelpAfterError(app.t('(see --help)', '（--help を見てください）'));
for (const command of [
  statusCommand(app),
  suspendCommands(app),
  decideCommand(app),
  tasksCommand(app),
  dutyCommands(app),
  lossCommands(app),
  mailCommands(app),
  reconcileCommand(app),
  deadlineCommands(app),
  roundCommands(app),
  inspectionCommands(app),
  playbookCommands(app),
  frameworkCommands(app),
  evaluationCommands(app),
  improvementCommands(app),
  startCommand(app),
  drillCommand(app),
  workerCommand(app),
  ...setUpCommands(app),
  keyCommands(app),
  backupCommand(app),
  restoreCommand(app),
])
  program.addCommand(command);

await program.parseAsync();
// A connection that is still being given up must not keep the terminal.
process.exit(app.exitCode);
