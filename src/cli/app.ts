import { Command, Option } from '@commander-js/extra-typings';
import type { Language, Sentence } from '../domain/sentence.js';
import { Refusal } from '../domain/refusal.js';
import type { Context } from './context.js';
import type { Page } from './output.js';

/** What a command found or did: data for programs, a page for people. */
export interface Result {
  readonly data: object;
  readonly page: (page: Page) => void;
  /** A document for standard output, byte by byte, instead of data or page. */
  readonly bytes?: Uint8Array;
  /** 0 unless given. 1: refused or not done. 2: to be done by hand. */
  readonly exitCode?: number;
}

export interface OutputOptions {
  readonly json?: true | undefined;
  readonly lang?: string | undefined;
}

/** A word of the command line, and what it is for. */
export type Word = readonly [name: string, about: Sentence];

/** One run of the command line. */
export class App {
  exitCode = 0;

  constructor(
    /** Language of the help, before any option is read. */
    readonly language: Language,
    readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  t(en: string, ja: string): string {
    return this.language === 'ja' ? ja : en;
  }

  /** A command with the options that every command has. */
  command(...[name, about]: Word) {
    return new Command(name)
      .description(about[this.language])
      .option('--json', this.t('print JSON for programs', 'プログラム向けに JSON で出力する'))
      .addOption(
        new Option('--lang <lang>', this.t('language of the output', '出力の言語')).choices(['ja', 'en'] as const),
      )
      .configureOutput({ outputError: (text, write) => write(this.usageError(text)) })
      .showHelpAfterError(this.t('(see --help)', '（使い方は --help で確認してください）'));
  }

  /** A command that only holds others. */
  group(...[name, about]: Word) {
    return new Command(name)
      .description(about[this.language])
      .configureOutput({ outputError: (text, write) => write(this.usageError(text)) })
      .showHelpAfterError(this.t('(see --help)', '（使い方は --help で確認してください）'));
  }

  /** Runs a command: its page or JSON on standard output, a refusal as its sentence, never a stack. */
  async run(options: OutputOptions, work: (context: Context, page: Page) => Promise<Result>): Promise<void> {
    let context: Context | undefined;
    const page = await this.page(options);
    try {
      const { Context } = await import('./context.js');
      context = new Context(this.env);
      const { data, page: show, bytes, exitCode = 0 } = await work(context, page);
      if (bytes) await written(bytes);
      else if (options.json) process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
      else {
        show(page);
        process.stdout.write(page.toString());
      }
      this.exitCode = exitCode;
    } catch (error) {
      this.exitCode = 1;
      const sentence = (await sentenceFor(error)) ?? unexpected(error);
      if (options.json) process.stdout.write(`${JSON.stringify({ refused: sentence }, null, 2)}\n`);
      else process.stderr.write(`${page.paint(page.t(sentence), 'red')}\n`);
      if (this.env['HIKESHI_DEBUG'] && !(error instanceof Refusal))
        process.stderr.write(`${String((error as Error).stack)}\n`);
    } finally {
      await context?.close();
    }
  }

  /** One line of progress, for people only. */
  progress(options: OutputOptions, sentence: Sentence): void {
    if (!options.json) process.stderr.write(`${sentence[this.languageOf(options)]}\n`);
  }

  languageOf({ lang }: OutputOptions): Language {
    return lang === 'ja' || lang === 'en' ? lang : this.language;
  }

  private async page(options: OutputOptions): Promise<Page> {
    const { Page } = await import('./output.js');
    return new Page({
      language: this.languageOf(options),
      color: process.stdout.isTTY && this.env['NO_COLOR'] === undefined,
      width: process.stdout.columns ?? 100,
    });
  }

  private usageError(text: string): string {
    return this.language === 'ja' ? text.replace(/^error: /, '使い方が正しくありません: ') : text;
  }
}

/** The process ends by itself right after, so the last byte is waited for. */
function written(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(bytes, () => resolve()));
}

/** A refusal of ours has its sentence; only for what Temporal says is its client's library needed. */
async function sentenceFor(error: unknown): Promise<Sentence | undefined> {
  if (error instanceof Refusal) return error.sentence;
  const { sentenceOf } = await import('./problems.js');
  return sentenceOf(error);
}

function unexpected(error: unknown): Sentence {
  const what = error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
  return {
    en: `Something failed that should not (${what}). Run it again with HIKESHI_DEBUG=1, and keep what it prints for whoever mends it.`,
    ja: `想定外のエラーです（${what}）。HIKESHI_DEBUG=1 を付けてもう一度実行し、表示された内容を修理する人に渡してください。`,
  };
}
