import path from 'node:path';
import { zoneAt } from '../activities/zone.js';
import { Refusal } from '../domain/refusal.js';
import { findingSentence } from '../domain/framework.js';
import { functionsOf } from '../domain/serviceMap.js';
import type { Sentence } from '../domain/sentence.js';
import { namedDocuments, publishDocuments, readPlaybook, type AllDocuments } from '../store/documents.js';
import type { App, Result, Word } from './app.js';
import { lintDocuments } from './frameworkLint.js';

export function playbookCommands(app: App, ...word: Word) {
  const group = app.group(...word);
  group.addCommand(
    app
      .command('check', {
        en: 'read a playbook folder and say what is wrong with it',
        ja: 'プレイブックのフォルダーを読み、誤りを知らせる',
      })
      .argument('<folder>')
      .action((folder, flags) =>
        app.run(flags, async () => result(folder, await soundPlaybook(path.resolve(folder)), false)),
      ),
  );
  group.addCommand(
    app
      .command('publish', {
        en: 'make it the current one; waiting workflows keep what they were opened with',
        ja: '現行版にする。継続中のワークフローは開始時の版のまま',
      })
      .argument('<folder>')
      .option('--dry-run', app.t('read and check only', '読み込みと検査だけを行う'))
      .action((folder, flags) =>
        app.run(flags, async (context) => {
          const documents = await soundPlaybook(path.resolve(folder));
          if (!flags.dryRun)
            await context.asking(publishDocuments(await context.register(), documents, context.now()), 10_000);
          return result(folder, documents, !flags.dryRun);
        }),
      ),
  );
  return group;
}

/** A playbook that reads well and whose parts fit together. @throws Refusal naming everything that does not fit */
export async function soundPlaybook(folder: string): Promise<AllDocuments> {
  const documents = await readPlaybook(folder);
  const problems = misfits(documents);
  if (problems.length === 0) return documents;
  throw new Refusal({
    en: `The playbook does not fit together: ${problems.map(({ en }) => en).join('; ')}. Mend it and try again.`,
    ja: `プレイブックに整合しない箇所があります: ${problems.map(({ ja }) => ja).join('、')}。直してからもう一度実行してください。`,
  });
}

/** Rows of the decision table that the workflows ask for. */
const RULES = [
  'containment.decide',
  ...['propose', 'emergency', 'approve', 'ratify', 'reverse', 'sibling', 'review', 'target', 'proposeLift', 'lift'].map(
    (subject) => `suspension.${subject}`,
  ),
];

/** What each file alone cannot tell: names in one document that another one does not know. */
function misfits(documents: AllDocuments): Sentence[] {
  const { services, roster, decisions, connectors, playbook } = documents;
  const problems: Sentence[] = [];
  const say = (en: string, ja: string) => problems.push({ en, ja });
  const known = new Set(connectors.connectors.map(({ id }) => id));
  for (const { id, connector } of functionsOf(services))
    if (!known.has(connector))
      say(`function ${id} names an unknown connector ${connector}`, `機能 ${id} の接続定義 ${connector} がありません`);
  const people = new Set(roster.people.map(({ id }) => id));
  for (const { person, second } of roster.duty)
    for (const id of [person, second])
      if (!people.has(id)) say(`the rota names ${id}, who is not in the roster`, `当番の ${id} が名簿にありません`);
  for (const { person } of roster.delegates)
    if (!people.has(person)) say(`the delegate ${person} is not in the roster`, `代行者 ${person} が名簿にありません`);
  const controls = new Set(services.controls.map(({ id }) => id));
  for (const { id, ownsControls } of roster.people)
    for (const control of ownsControls)
      if (!controls.has(control))
        say(`${id} owns an unknown control ${control}`, `${id} の所管する対策 ${control} がありません`);
  for (const rule of RULES)
    if (!decisions.subjects[rule]) say(`the decision table has no row ${rule}`, `決裁表に ${rule} の行がありません`);
  try {
    zoneAt(playbook.zone, '2020-01-01T00:00:00.000Z' as never);
  } catch {
    say(`${playbook.zone} is no time zone`, `${playbook.zone} というタイムゾーンはありません`);
  }
  problems.push(...lintDocuments(documents).map(findingSentence));
  return problems;
}

function result(folder: string, documents: AllDocuments, published: boolean): Result {
  const versions = Object.fromEntries(namedDocuments(documents).map(({ name, version }) => [name, version]));
  const functions = functionsOf(documents.services).length;
  return {
    data: { folder, published, title: documents.playbook.title, versions, functions },
    page: (page) => {
      page.heading(page.t(documents.playbook.title));
      page.table(
        [page.t({ en: 'document', ja: '文書' }), page.t({ en: 'version', ja: '版' })],
        Object.entries(versions).map(([kind, version]) => [kind, version]),
      );
      page.raw();
      page.text(
        published
          ? page.t({ en: `Published: ${functions} functions.`, ja: `登録しました（機能 ${functions} 件）。` })
          : page.t({
              en: `It is in order: ${functions} functions. Nothing was published.`,
              ja: `問題ありません（機能 ${functions} 件）。登録はしていません。`,
            }),
      );
    },
  };
}
