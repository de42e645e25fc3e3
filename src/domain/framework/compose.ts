import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import { both } from './predicate.js';
import type { FindFramework, Framework, Item } from './schema.js';

/** What a unit is asked by: a framework with everything it extends, as one list. */
export interface Checklist {
  readonly id: string;
  readonly version: string;
  readonly title: Sentence;
  readonly properties: Readonly<Record<string, Sentence>>;
  /** Every framework that gave items, with its version: what a round stores beside its results. */
  readonly sources: readonly { readonly framework: string; readonly version: string }[];
  /** By phase, inherited items first. Each carries its whole condition, that of its framework included. */
  readonly items: readonly ChecklistItem[];
}

export interface ChecklistItem extends Item {
  /** The framework whose text this is. */
  readonly from: string;
}

/**
 * An own checklist is the framework plus items from own fraud cases. An own item that `replaces` an inherited one
 * stands in its place, also where others ask by it.
 * @throws Refusal when a framework that it extends is not loaded in that version, or extends itself
 */
export function compose(framework: Framework, find: FindFramework): Checklist {
  return composed(framework, find, []);
}

function composed(framework: Framework, find: FindFramework, path: readonly string[]): Checklist {
  if (path.includes(framework.id)) throw extendsItself(framework.id);
  const inherited = framework.extends.map(({ framework: id, version, only }) => {
    const base = find(id, version);
    if (!base) throw notLoaded(framework, id, version);
    const checklist = composed(base, find, [...path, framework.id]);
    return only ? { ...checklist, items: checklist.items.filter((item) => only.includes(item.id)) } : checklist;
  });
  const replacement = new Map(framework.items.flatMap(({ id, replaces }) => (replaces ? [[replaces, id]] : [])));
  const from = framework.id;
  const items = [
    ...inherited.flatMap((checklist) => checklist.items).filter(({ id }) => !replacement.has(id)),
    ...framework.items.map((item) => ({ ...item, from })),
  ].map((item): ChecklistItem => {
    const appliesIf = both(framework.appliesIf, item.appliesIf);
    const asks = item.askIf && replacement.get(item.askIf.item);
    return {
      ...item,
      ...(appliesIf && { appliesIf }),
      ...(asks && { askIf: { ...item.askIf!, item: asks } }),
    };
  });
  return {
    id: framework.id,
    version: framework.version,
    title: framework.title,
    properties: Object.assign({}, ...inherited.map(({ properties }) => properties), framework.properties) as Record<
      string,
      Sentence
    >,
    sources: distinct([
      ...inherited.flatMap(({ sources }) => sources),
      { framework: framework.id, version: framework.version },
    ]),
    items: [...items].sort((a, b) => a.phase - b.phase),
  };
}

function distinct(sources: Checklist['sources']): Checklist['sources'] {
  return sources.filter(
    ({ framework, version }, index) =>
      sources.findIndex((other) => other.framework === framework && other.version === version) === index,
  );
}

const notLoaded = (framework: Framework, id: string, version: string) =>
  new Refusal({
    en: `The checklist ${framework.id} (${framework.version}) extends ${id} of version ${version}, which is not loaded. Add that version, or let a new version of the checklist extend the one that is.`,
    ja: `チェックリスト ${framework.id}（版 ${framework.version}）が引き継ぐ ${id} の版 ${version} がありません。その版を追加するか、現在の版を引き継ぐ新しい版を作成してください。`,
  });

const extendsItself = (id: string) =>
  new Refusal({
    en: `The framework ${id} extends itself in a circle. Take out one of the "extends".`,
    ja: `基準 ${id} の引き継ぎ（extends）が循環しています。いずれかの extends を外してください。`,
  });
