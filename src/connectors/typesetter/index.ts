import { type ChildProcess, fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '../../domain/json.js';
import { Refusal } from '../../domain/refusal.js';
import type { Done, Fault, Job } from './child.js';
import { missingIn, type MissingGlyph } from './glyphs.js';

export { missingGlyphs } from './glyphs.js';

export interface Typeset {
  readonly pdf: Uint8Array;
  readonly pages: number;
}

/** A template: the name of a file in the templates' folder, or its source. */
export type Template = { readonly file: string } | { readonly name: string; readonly source: string };

export interface Typesetter {
  /**
   * Makes a PDF. The data reach the template as JSON in `sys.inputs.data`, so that nothing in them becomes a mark. The
   * same template and data make the same bytes.
   * @throws Refusal for characters that the font cannot show, a fault in the template (file, line, column), or no PDF in time
   */
  typeset(template: Template, data: Json): Promise<Typeset>;
  close(): void;
}

export interface TypesetterOptions {
  /** Folder of the templates; a template can read nothing outside it. */
  readonly folder?: string;
  /** Time for one document. */
  readonly timeoutMs?: number;
  /** Pages after which the process is replaced. */
  readonly recycleAfterPages?: number;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** The compiled child: a test that runs from the sources starts it as the product does. */
const CHILD = path.join(ROOT, 'dist/connectors/typesetter/child.js');
const LONGEST_MS = 20_000;
/** Its memory grows by about 10 MB a thousand pages and is not given back. */
const RECYCLE_AFTER_PAGES = 10_000;
const GLYPHS_TOLD = 10;

/** Starts a typesetter. Its process is made with the first document, and does not keep this process alive. */
export function startTypesetter(options: TypesetterOptions = {}): Typesetter {
  const { timeoutMs = LONGEST_MS, recycleAfterPages = RECYCLE_AFTER_PAGES } = options;
  const folder = path.resolve(options.folder ?? path.join(ROOT, 'templates'));
  let child: ChildProcess | undefined;
  let pages = 0;
  let count = 0;
  /** One document after another: the child works on one at a time, and each has its own time-out. */
  let turn: Promise<unknown> = Promise.resolve();

  const end = () => {
    const ended = child;
    child = undefined;
    pages = 0;
    ended?.kill('SIGKILL');
  };

  const started = () => {
    const made = fork(CHILD, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    // A child that dies between two documents is noticed by the next one.
    made.on('error', () => {});
    return made;
  };

  const once = async (job: Job): Promise<Done | 'ended' | 'late'> => {
    child ??= started();
    const own = child;
    own.ref();
    own.channel?.ref();
    const release: (() => void)[] = [];
    try {
      return await new Promise<Done | 'ended' | 'late'>((resolve) => {
        const ended = () => resolve('ended');
        const timer = setTimeout(() => resolve('late'), timeoutMs);
        own.once('exit', ended).once('message', resolve);
        release.push(
          () => clearTimeout(timer),
          () => void own.off('exit', ended).off('message', resolve),
        );
        own.send(job, (error) => error && ended());
      });
    } finally {
      release.forEach((each) => each());
      own.unref();
      own.channel?.unref();
    }
  };

  const run = async (name: string, source: string, data: Json): Promise<Typeset> => {
    const job = { id: (count += 1), folder, name, source, data: JSON.stringify(data) };
    let done = await once(job);
    // A process that was killed takes the document with it; a new one makes the same.
    if (done === 'ended') {
      end();
      done = await once(job);
    }
    if (done === 'ended' || done === 'late') {
      end();
      throw notMade(name, done === 'late' ? timeoutMs : undefined);
    }
    if ('faults' in done) throw faulty(done.faults);
    pages += done.pages;
    if (pages >= recycleAfterPages) end();
    return { pdf: done.pdf, pages: done.pages };
  };

  return {
    async typeset(template, data) {
      const name = 'file' in template ? template.file : template.name;
      const source = 'file' in template ? await sourceOf(folder, template.file) : template.source;
      const missing = [...missingIn(data), ...missingIn(source, name)];
      if (missing.length > 0) throw notShown(missing);
      const result = turn.then(() => run(name, source, data));
      turn = result.catch(() => {});
      return result;
    },
    close: end,
  };
}

async function sourceOf(folder: string, file: string): Promise<string> {
  try {
    return await readFile(path.join(folder, path.basename(file)), 'utf8');
  } catch {
    throw new Refusal({
      en: `The template ${file} is not in the templates' folder. Put it there.`,
      ja: `テンプレート ${file} が templates フォルダーにありません。置いてください。`,
    });
  }
}

function notShown(missing: readonly MissingGlyph[]): Refusal {
  const list = missing
    .slice(0, GLYPHS_TOLD)
    .map(({ codePoint, where }) => `${codePoint} (${where})`)
    .join(', ');
  const more = missing.length - GLYPHS_TOLD;
  const rest = { en: more > 0 ? ` and ${more} more` : '', ja: more > 0 ? ` ほか${more}か所` : '' };
  return new Refusal({
    en: `The font cannot show these characters, so that they would be missing on paper: ${list}${rest.en}. Write them otherwise.`,
    ja: `次の文字はフォントになく、紙面から抜け落ちます: ${list}${rest.ja}。別の表記に直してください。`,
  });
}

function faulty(faults: readonly Fault[]): Refusal {
  const list = faults
    .map(
      ({ message, file, line, column }) =>
        `${[file, line, column].filter((part) => part != null).join(':')} ${message}`,
    )
    .join('; ');
  return new Refusal({
    en: `The template cannot be typeset: ${list}. Mend it there.`,
    ja: `テンプレートを組版できません: ${list}。該当箇所を直してください。`,
  });
}

function notMade(name: string, lateMs: number | undefined): Refusal {
  return new Refusal(
    lateMs === undefined
      ? {
          en: `The typesetter ended twice while it made ${name}. Look for its message above, and for free memory.`,
          ja: `${name} の作成中に組版プロセスが二度終了しました。上のメッセージと空きメモリーを確認してください。`,
        }
      : {
          en: `The typesetter did not finish ${name} within ${lateMs / 1000} s. Make the document shorter, or mend a loop in the template.`,
          ja: `${name} の組版が${lateMs / 1000}秒以内に終わりませんでした。文書を短くするか、テンプレートの繰り返しを直してください。`,
        },
  );
}
