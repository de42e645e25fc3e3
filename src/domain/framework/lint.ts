import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import { isKind } from './applicable.js';
import { compose, type Checklist } from './compose.js';
import { propertiesOf, satisfiable } from './predicate.js';
import { FUNCTION_KINDS, type FindFramework, type Framework, type Item, type Predicate } from './schema.js';

/** Something that does not fit, and where: `items.link-two-factor.evidence`. */
export interface Finding {
  readonly where: string;
  readonly problem: Sentence;
}

/** Place and problem in one sentence. */
export function findingSentence({ where, problem }: Finding): Sentence {
  return { en: `${where}: ${problem.en}`, ja: `${where}: ${problem.ja}` };
}

export interface Known {
  readonly find: FindFramework;
  /** Ids of the service map's functions; absent: functions are not checked. */
  readonly functions?: ReadonlySet<string> | undefined;
}

/** Everything that is wrong with a framework, beyond its form. Empty: it may be published. */
export function lintFramework(framework: Framework, known: Known): Finding[] {
  const findings: Finding[] = [];
  const say = (where: string, en: string, ja: string) => findings.push({ where, problem: { en, ja } });

  const texts = (where: string, text: Sentence) => {
    for (const language of ['ja', 'en'] as const)
      if (text[language].trim() === '')
        say(
          `${where}.${language}`,
          `the text in ${language === 'ja' ? 'Japanese' : 'English'} is empty; write it`,
          `${language === 'ja' ? '日本語' : '英語'}の文が空です。記入してください`,
        );
  };
  texts('title', framework.title);
  texts('source', framework.source);
  for (const [property, text] of Object.entries(framework.properties)) texts(`properties.${property}`, text);

  let checklist: Checklist | undefined;
  try {
    checklist = compose(framework, known.find);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    findings.push({ where: 'extends', problem: error.sentence });
  }
  const inherited = inheritedItems(framework, known.find);
  for (const { framework: base, version, only = [] } of framework.extends) {
    const ids = inheritedIds(base, version, known.find);
    for (const id of ids ? only : [])
      if (!ids!.has(id))
        say(
          `extends.${base}.only`,
          `${base} has no item ${id}; take it out`,
          `${base} に項目 ${id} はありません。外してください`,
        );
  }

  const properties = new Set(Object.keys(checklist?.properties ?? framework.properties));
  const predicate = (where: string, condition: Predicate | undefined) => {
    // What a framework that is not loaded would have defined cannot be known.
    if (!checklist) return;
    for (const property of propertiesOf(condition))
      if (!properties.has(property))
        say(
          where,
          `the condition names an unknown property ${property}; add it under "properties", or use one of: ${[...properties].join(', ') || '(none)'}`,
          `条件に未定義の属性 ${property} があります。properties に追加するか、次のいずれかを使ってください: ${[...properties].join('、') || '（なし）'}`,
        );
  };
  predicate('appliesIf', framework.appliesIf);

  const items = new Map<string, Item>((checklist?.items ?? framework.items).map((item) => [item.id, item]));
  const seen = new Set<string>();
  for (const item of framework.items) {
    const at = `items.${item.id}`;
    if (seen.has(item.id) || (inherited.has(item.id) && item.replaces !== item.id))
      say(
        at,
        `the id ${item.id} stands twice; give each item an id of its own, or say "replaces"`,
        `項目ID ${item.id} が重複しています。別のIDにするか、replaces を指定してください`,
      );
    seen.add(item.id);
    texts(`${at}.text`, item.text);
    if (item.evidence.length === 0)
      say(
        `${at}.evidence`,
        'no type of evidence is asked for, so nobody could ever find it satisfied; name one at least',
        '証跡の種類がないため、充足と評価できません。一つ以上指定してください',
      );
    predicate(`${at}.appliesIf`, item.appliesIf);
    if (item.replaces && checklist && !inherited.has(item.replaces))
      say(
        `${at}.replaces`,
        `it replaces ${item.replaces}, which no extended framework has`,
        `replaces の ${item.replaces} は引き継いだ基準にありません`,
      );
    for (const name of item.protects)
      if (!isKind(name) && known.functions && !known.functions.has(name))
        say(
          `${at}.protects`,
          `it protects ${name}, which is neither a function of the service map nor one of: ${Object.keys(FUNCTION_KINDS).join(', ')}`,
          `protects の ${name} は、サービス一覧の機能でも次の種類でもありません: ${Object.keys(FUNCTION_KINDS).join('、')}`,
        );
  }
  for (const item of checklist?.items ?? framework.items) conditions(item, items, say);
  return findings;
}

type Say = (where: string, en: string, ja: string) => void;

/** Whom an item depends on, and whether anybody can ever be asked it. */
function conditions(item: Item, items: ReadonlyMap<string, Item>, say: Say): void {
  const path = [item.id];
  const all: Predicate[] = item.appliesIf ? [item.appliesIf] : [];
  for (let ask = item.askIf; ask;) {
    const earlier = items.get(ask.item);
    if (!earlier) {
      if (path.length === 1)
        say(
          `items.${item.id}.askIf`,
          `it depends on an unknown item ${ask.item}`,
          `askIf の項目 ${ask.item} がありません`,
        );
      return;
    }
    if (path.includes(earlier.id)) {
      // Each member of a circle is told of it; who only leads into it is not.
      if (earlier.id === item.id)
        say(
          `items.${item.id}.askIf`,
          `it depends on itself: ${[...path, earlier.id].join(' > ')}; nobody would be asked it`,
          `条件が循環しているため、誰にも質問されません: ${[...path, earlier.id].join(' > ')}`,
        );
      return;
    }
    path.push(earlier.id);
    if (earlier.appliesIf) all.push(earlier.appliesIf);
    ask = earlier.askIf;
  }
  if (item.class === 'mandatory' && all.length > 0 && !satisfiable({ all }))
    say(
      `items.${item.id}.appliesIf`,
      'it is mandatory, and no unit can ever meet its condition together with those of the items it depends on; mend the condition',
      '必須項目ですが、条件（前提となる項目の条件を含む）を満たす対象がありえません。条件を直してください',
    );
}

/** Ids of the items that the extended frameworks bring, as far as they are loaded. */
function inheritedItems(framework: Framework, find: FindFramework): ReadonlySet<string> {
  return new Set(
    framework.extends.flatMap(({ framework: id, version, only }) => {
      const ids = [...(inheritedIds(id, version, find) ?? [])];
      return only ? ids.filter((item) => only.includes(item)) : ids;
    }),
  );
}

function inheritedIds(id: string, version: string, find: FindFramework): ReadonlySet<string> | undefined {
  const base = find(id, version);
  if (!base) return undefined;
  try {
    return new Set(compose(base, find).items.map((item) => item.id));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
