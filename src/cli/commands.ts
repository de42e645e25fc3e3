import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Sentence } from '../domain/sentence.js';
import type { App, Word } from './app.js';

interface Entry {
  readonly about: Sentence;
  /** Loads the command: its options, its commands, and what they do. */
  readonly load: () => Promise<(app: App, ...word: Word) => CommandUnknownOpts>;
}

/** Every word, in the order of the help. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  status: {
    about: {
      en: 'the first minute on one screen: what runs, what is exposed, what waits for you',
      ja: '最初の一分: 稼働状況、危険な機能、待っている判断を一画面で表示する',
    },
    load: async () => (await import('./status.js')).statusCommand,
  },
  suspend: {
    about: {
      en: 'stop or restrict functions of a service: propose, emergency, lift, status',
      ja: 'サービスの機能を停止・制限する: 提案 propose、緊急停止 emergency、解除の提案 lift、状況 status',
    },
    load: async () => (await import('./suspend.js')).suspendCommands,
  },
  decide: {
    about: {
      en: 'decide what a workflow waits for; without --digest it shows the question',
      ja: 'ワークフローが待っている判断を行う。--digest がなければ質問を表示する',
    },
    load: async () => (await import('./decide.js')).decideCommand,
  },
  tasks: {
    about: {
      en: 'open tasks and duties, with the ready commands; close for what no decision closes',
      ja: '未了のタスクと義務を、実行するコマンドとともに表示する。判断では完了しないものの完了 close',
    },
    load: async () => (await import('./tasks.js')).tasksCommand,
  },
  duty: {
    about: {
      en: 'duties that a stop or a loss opened for others: list, close',
      ja: '停止や被害によって生じた義務: 一覧 list、完了 close',
    },
    load: async () => (await import('./duty.js')).dutyCommands,
  },
  loss: {
    about: { en: 'tell that a loss is confirmed', ja: '被害の確認を知らせる' },
    load: async () => (await import('./loss.js')).lossCommands,
  },
  mail: {
    about: {
      en: 'received mails: take one in, list those to look at, show, settle',
      ja: '受信メール: 取り込み take、要確認の一覧 list、表示 show、完了 settle',
    },
    load: async () => (await import('./mail.js')).mailCommands,
  },
  reconcile: {
    about: {
      en: 'compare register, workflows and read-backs; mend what is clear, ask about the rest',
      ja: '台帳・ワークフロー・実際の状態を比べ、明らかなものを修復し、残りは人に確認する',
    },
    load: async () => (await import('./reconcile.js')).reconcileCommand,
  },
  deadline: {
    about: { en: 'deadlines: how they are counted', ja: '期限の数え方を調べる' },
    load: async () => (await import('./deadline.js')).deadlineCommands,
  },
  round: {
    about: {
      en: 'inspection rounds: plan, open, status, report, report-propose, publish, close',
      ja: '点検: 計画 plan、開始 open、状況 status、結果 report、公表案 report-propose、公表 publish、終了 close',
    },
    load: async () => (await import('./round.js')).roundCommands,
  },
  inspection: {
    about: {
      en: 'one unit of a round: show, evaluate, commit, accept-risk, reopen, link, export, import, evidence',
      ja: '点検の対象: 表示 show、評価 evaluate、改善期日 commit、リスク受容 accept-risk、再開 reopen、リンク link、質問票の書き出し export・取り込み import、添付ファイル evidence',
    },
    load: async () => (await import('./inspection.js')).inspectionCommands,
  },
  playbook: {
    about: { en: 'check or publish a playbook folder', ja: 'プレイブックを検査・登録する' },
    load: async () => (await import('./playbook.js')).playbookCommands,
  },
  framework: {
    about: {
      en: 'control frameworks and checklists: show, check, compare, import',
      ja: '点検基準・チェックリストを表示・検査・比較・取り込みする',
    },
    load: async () => (await import('./framework.js')).frameworkCommands,
  },
  evaluation: {
    about: {
      en: 'third-party evaluation of a round: show, commission, review-plan, start-fieldwork, submit, fact-check',
      ja: '点検の第三者評価: 表示 show、委嘱の提案 commission、計画確認 review-plan、実地開始 start-fieldwork、見解 submit、事実確認 fact-check',
    },
    load: async () => (await import('./evaluation.js')).evaluationCommands,
  },
  improvement: {
    about: {
      en: 'what is not a gap but is to get better: list, start, move, due',
      ja: '不備ではないが改善するもの: 一覧 list、開始 start、段階 move、期日 due',
    },
    load: async () => (await import('./improvement.js')).improvementCommands,
  },
  start: {
    about: { en: 'run the whole stack until Ctrl-C', ja: 'すべてを起動し、Ctrl-C まで動かす' },
    load: async () => (await import('./start.js')).startCommand,
  },
  drill: {
    about: {
      en: 'replay an incident on real Temporal and PostgreSQL, and compare its end with what was published',
      ja: '実際の Temporal と PostgreSQL で事案を再現し、公表された結果と比較する',
    },
    load: async () => (await import('./drill.js')).drillCommand,
  },
  worker: {
    about: {
      en: 'run a worker for some or all queues until Ctrl-C',
      ja: 'キューのワーカーを Ctrl-C まで動かす',
    },
    load: async () => (await import('./worker.js')).workerCommand,
  },
  migrate: {
    about: { en: "bring the register's tables up to date", ja: '台帳の表を最新にする' },
    load: async () => (await import('./setUp.js')).migrateCommand,
  },
  prepare: {
    about: {
      en: 'migrate, publish the playbook of this deployment, make the key and the schedules; again and again harmless',
      ja: '台帳の表の更新、プレイブックの登録、鍵と定期実行の用意を行う（何度実行してもよい）',
    },
    load: async () => (await import('./setUp.js')).prepareCommand,
  },
  key: {
    about: { en: 'the key by which payloads are encrypted', ja: '暗号化に使う鍵' },
    load: async () => (await import('./setUp.js')).keyCommands,
  },
  backup: {
    about: {
      en: 'copy register, histories and keys of the stopped embedded stack to a new folder',
      ja: '停止中の内蔵スタックの台帳・履歴・鍵を、新しいフォルダーにコピーする',
    },
    load: async () => (await import('./backup.js')).backupCommand,
  },
  restore: {
    about: {
      en: 'put a backup in the place of register and histories of the stopped embedded stack; the old ones are kept',
      ja: '停止中の内蔵スタックの台帳と履歴を、バックアップの内容に置き換える（元のものは残す）',
    },
    load: async () => (await import('./backup.js')).restoreCommand,
  },
};

/**
 * The command line, of which only the command that `argv` names is loaded: a person who asks for help, or for a date,
 * does not wait for the libraries of a stack (a second).
 */
export async function commandLine(app: App, argv: readonly string[]): Promise<CommandUnknownOpts> {
  const program = app.group('hikeshi', {
    en: 'Runs a payment or banking fraud incident: stops functions, proves it, and keeps every clock.',
    ja: '決済・銀行の不正事案を管理します。機能を停止し、停止を確認し、期限を守ります。',
  });
  // The root has no options with values, so the first word that is a command's is the command.
  const asked = argv.find((word) => Object.hasOwn(COMMANDS, word));
  for (const [name, { about, load }] of Object.entries(COMMANDS))
    program.addCommand(name === asked ? (await load())(app, name, about) : app.group(name, about));
  return program;
}
