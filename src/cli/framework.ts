import path from 'node:path';
import { Option } from '@commander-js/extra-typings';
import {
  applicableItems,
  compose,
  diffItems,
  finder,
  findingSentence,
  FrameworkSchema,
  leftOut,
  protectedFunctions,
  type Finding,
  type Framework,
} from '../domain/framework.js';
import { canonicalJson } from '../domain/json.js';
import { checklistOf, unitOf } from '../domain/providers.js';
import { Refusal } from '../domain/refusal.js';
import { documentOf, readDocument, readParts } from '../store/documents.js';
import type { App, Result, Word } from './app.js';
import type { Context } from './context.js';
import { requireFlags } from './input.js';
import { gapsResult } from './frameworkGaps.js';
import { around, INSPECTION_DOCUMENTS, lintDocuments, lintOne, type InspectionDocuments } from './frameworkLint.js';
import { diffPage, itemTables, listPage, titleLines } from './frameworkPage.js';
import { importSheet, writeOut } from './frameworkSheet.js';
import type { Page } from './output.js';

export function frameworkCommands(app: App, ...word: Word) {
  const group = app.group(...word);
  const from = () =>
    new Option('--playbook <folder>', app.t('read this folder, not the register', '台帳ではなくこのフォルダーを読む'));
  const named = app.t('an id, id@version, or a YAML file', 'ID、ID@版、または YAML ファイル');

  group.addCommand(
    app
      .command('show', { en: 'the items by phase; without a name, the list', ja: '項目を段階別に示す。指定なしは一覧' })
      .argument('[framework]', named)
      .option('--unit <unit>', app.t('only what applies to this unit, e.g. c1', 'この対象に該当する項目のみ。例: c1'))
      .option(
        '--out <file>',
        app.t('write the own items as .csv or .xlsx too', '自身の項目を .csv か .xlsx にも書き出す'),
      )
      .addOption(from())
      .action((name, flags) =>
        app.run(flags, async (context) => {
          const documents = await documentsOf(context, flags.playbook);
          if (flags.unit !== undefined) return showUnit(documents, flags.unit);
          if (name === undefined) return showList(documents);
          const framework = await frameworkAt(context, documents, name);
          if (flags.out !== undefined) await writeOut(framework, flags.out);
          return show(framework, documents, flags.out);
        }),
      ),
  );
  group.addCommand(
    app
      .command('lint', {
        en: 'everything that does not fit; without a name, all frameworks and the units',
        ja: '整合しない箇所をすべて示す。指定なしは全基準と対象一覧',
      })
      .argument('[framework]', named)
      .addOption(from())
      .action((name, flags) =>
        app.run(flags, async (context) => {
          const documents = await documentsOf(context, flags.playbook);
          if (name === undefined) return lintResult(lintDocuments(documents));
          return lintResult(lintOne(await frameworkAt(context, documents, name), documents));
        }),
      ),
  );
  group.addCommand(
    app
      .command('diff', {
        en: 'what a newer version adds, drops and changes',
        ja: '新しい版で増減・変更された項目を示す',
      })
      .argument('<old>', named)
      .argument('<new>', named)
      .addOption(from())
      .action((before, after, flags) =>
        app.run(flags, async (context) => {
          const documents = await documentsOf(context, flags.playbook);
          const [old, now] = [
            await frameworkAt(context, documents, before),
            await frameworkAt(context, documents, after),
          ];
          return diff(old, now);
        }),
      ),
  );
  group.addCommand(
    app
      .command('gaps', {
        en: 'what newer versions ask that units of open and closed rounds never answered',
        ja: '新しい版が求め、実施中・終了済みの点検で未回答の項目を示す',
      })
      .action((flags) => app.run(flags, gapsResult)),
  );
  group.addCommand(
    app
      .command('import', { en: 'make a framework from a CSV or XLSX sheet', ja: 'CSV・XLSX の表から基準を作成する' })
      .argument('<sheet>', app.t('CSV or XLSX file', 'CSV または XLSX ファイル'))
      .option('--out <yaml>', app.t('the file to write', '書き出すファイル'))
      .option(
        '--like <framework>',
        app.t('title, source and properties as there', '題名・出典・属性をこの基準から引き継ぐ'),
      )
      .option('--id <id>', app.t('id of the framework', '基準のID'))
      .option('--set-version <version>', app.t('its version', '基準の版'))
      .addOption(from())
      .action((sheet, flags) =>
        app.run(flags, async (context) => {
          requireFlags(
            { out: flags.out, ...(flags.like === undefined && { id: flags.id }), 'set-version': flags.setVersion },
            'hikeshi framework import items.xlsx --out frameworks/own.yaml --id own --set-version 1',
          );
          const documents = await documentsOf(context, flags.playbook);
          const like = flags.like === undefined ? undefined : await frameworkAt(context, documents, flags.like);
          return importSheet(sheet, flags.out!, { like, id: flags.id, version: flags.setVersion! }, documents);
        }),
      ),
  );
  return group;
}

async function documentsOf(context: Context, folder: string | undefined): Promise<InspectionDocuments> {
  return folder === undefined
    ? (await context.documents()).documents
    : readParts(path.resolve(folder), INSPECTION_DOCUMENTS);
}

/** A framework by id, by id@version, or from a YAML file. @throws Refusal naming those that there are */
async function frameworkAt(context: Context, { frameworks }: InspectionDocuments, name: string): Promise<Framework> {
  if (/\.ya?ml$/i.test(name)) return readDocument(FrameworkSchema, path.resolve(name));
  const [id, version] = name.split('@') as [string, string | undefined];
  const current = Object.hasOwn(frameworks, id) ? frameworks[id] : undefined;
  if (current && (version === undefined || version === current.version)) return current;
  if (version !== undefined) return context.asking(documentOf(await context.register(), `framework/${id}`, version));
  const known = Object.keys(frameworks).sort();
  throw new Refusal({
    en: `There is no framework "${id}". Name one of: ${known.join(', ') || '(none)'}; or a YAML file.`,
    ja: `基準「${id}」はありません。次のいずれか、または YAML ファイルを指定してください: ${known.join('、') || '（なし）'}。`,
  });
}

function showList({ frameworks }: InspectionDocuments): Result {
  const rows = Object.values(frameworks).map((framework) => {
    const { items } = compose(framework, finder(frameworks));
    return {
      id: framework.id,
      version: framework.version,
      title: framework.title,
      items: items.length,
      mandatory: items.filter((item) => item.class === 'mandatory').length,
      extends: framework.extends.map((base) => base.framework),
    };
  });
  return { data: { frameworks: rows }, page: (page) => listPage(page, rows) };
}

function show(framework: Framework, documents: InspectionDocuments, out: string | undefined): Result {
  const checklist = compose(framework, around(framework, documents));
  return {
    data: { ...checklist, source: framework.source, ...(out !== undefined && { out }) },
    page: (page) => {
      titleLines(page, checklist, framework.source);
      itemTables(page, checklist);
      if (out !== undefined) {
        page.raw();
        page.text(page.t({ en: `Written: ${out}`, ja: `書き出しました: ${out}` }));
      }
    },
  };
}

function showUnit({ providers, frameworks }: InspectionDocuments, id: string): Result {
  if (!providers)
    throw new Refusal({
      en: 'The playbook has no providers.yaml, so there are no units. Add it, or name a framework.',
      ja: 'プレイブックに providers.yaml がないため、対象がありません。追加するか、基準を指定してください。',
    });
  const unit = unitOf(providers, id);
  const checklist = checklistOf(unit, frameworks);
  const items = applicableItems(checklist.items, unit.form);
  const functions = Object.fromEntries(items.map((item) => [item.id, protectedFunctions(item, unit)]));
  const dropped = leftOut(checklist, unit.form).map(({ item, because }) => ({ item: item.id, because }));
  return {
    data: { unit: unit.id, ...checklist, items, protects: functions, leftOut: dropped },
    page: (page) => {
      titleLines(page, checklist, frameworks[unit.framework]!.source, unit.name);
      itemTables(page, { items }, unit);
      if (dropped.length === 0) return;
      page.heading(page.t({ en: `Not applicable (${dropped.length})`, ja: `該当しない項目（${dropped.length}）` }));
      page.table(
        [page.t({ en: 'item', ja: '項目' }), page.t({ en: 'because', ja: '理由' })],
        dropped.map(({ item, because }) => [item, page.t(because)]),
      );
    },
  };
}

function lintResult(findings: readonly Finding[]): Result {
  return {
    data: { findings },
    exitCode: findings.length > 0 ? 1 : 0,
    page: (page: Page) => {
      for (const finding of findings) page.text(`- ${page.t(findingSentence(finding))}`);
      page.text(
        findings.length > 0
          ? page.t({ en: `${findings.length} to mend.`, ja: `直すべき箇所: ${findings.length} 件` })
          : page.t({ en: 'It is in order.', ja: '問題ありません。' }),
      );
    },
  };
}

function diff(old: Framework, now: Framework): Result {
  const { added, removed, changed } = diffItems(old.items, now.items);
  const scope = canonicalJson(old.appliesIf ?? null) !== canonicalJson(now.appliesIf ?? null);
  const side = ({ id, version, appliesIf }: Framework) => ({ id, version, ...(appliesIf && { appliesIf }) });
  return {
    data: { from: side(old), to: side(now), scopeChanged: scope, added, removed, changed },
    page: (page) => diffPage(page, { old, now, added, removed, changed, scope }),
  };
}
