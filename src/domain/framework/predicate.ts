import { Refusal } from '../refusal.js';
import type { Sentence } from '../sentence.js';
import { PropertyName, type Form, type Predicate } from './schema.js';

/** Does the predicate hold for a service form? A property that the form does not name counts as absent. */
export function applies(predicate: Predicate | undefined, form: Form): boolean {
  if (predicate === undefined) return true;
  if ('is' in predicate) return Object.hasOwn(form, predicate.is) && form[predicate.is] === true;
  if ('not' in predicate) return !applies(predicate.not, form);
  if ('all' in predicate) return predicate.all.every((part) => applies(part, form));
  return predicate.any.some((part) => applies(part, form));
}

/** Both conditions together; absent ones hold always. */
export function both(first: Predicate | undefined, second: Predicate | undefined): Predicate | undefined {
  if (!first || !second) return first ?? second;
  return { all: [first, second] };
}

/** Properties that a predicate names, each once, in the order in which they are read. */
export function propertiesOf(predicate: Predicate | undefined): string[] {
  if (predicate === undefined) return [];
  if ('is' in predicate) return [predicate.is];
  if ('not' in predicate) return propertiesOf(predicate.not);
  const parts = 'all' in predicate ? predicate.all : predicate.any;
  return [...new Set(parts.flatMap(propertiesOf))];
}

/** Is there a service form for which the predicate holds? Decides one property after the other, dropping what is settled. */
export function satisfiable(predicate: Predicate | undefined): boolean {
  if (predicate === undefined) return true;
  const settled = settle(predicate, {});
  if (typeof settled === 'boolean') return settled;
  const property = propertiesOf(settled)[0]!;
  return [true, false].some((value) => {
    const rest = settle(settled, { [property]: value });
    return typeof rest === 'boolean' ? rest : satisfiable(rest);
  });
}

/** The predicate with the known properties put in: true, false, or what is left. */
function settle(predicate: Predicate, known: Form): Predicate | boolean {
  if ('is' in predicate) return Object.hasOwn(known, predicate.is) ? known[predicate.is]! : predicate;
  if ('not' in predicate) {
    const inner = settle(predicate.not, known);
    return typeof inner === 'boolean' ? !inner : { not: inner };
  }
  const isAll = 'all' in predicate;
  const parts = (isAll ? predicate.all : predicate.any).map((part) => settle(part, known));
  if (parts.includes(!isAll)) return !isAll;
  const open = parts.filter((part): part is Predicate => typeof part !== 'boolean');
  if (open.length === 0) return isAll;
  return isAll ? { all: open } : { any: open };
}

/** `hasCharge and not purposeLimited`: a predicate as people write it in a spreadsheet. */
export function predicateText(predicate: Predicate | undefined): string {
  return predicate === undefined ? '' : written(predicate, false);
}

function written(predicate: Predicate, inside: boolean): string {
  if ('is' in predicate) return predicate.is;
  if ('not' in predicate) return `not ${written(predicate.not, true)}`;
  const parts = 'all' in predicate ? predicate.all : predicate.any;
  if (parts.length === 1) return written(parts[0]!, inside);
  const text = parts.map((part) => written(part, true)).join('all' in predicate ? ' and ' : ' or ');
  return inside ? `(${text})` : text;
}

/** How deep brackets may nest: nobody reads more. */
const DEEPEST = 20;

/**
 * Reads `hasCharge and not (purposeLimited or bankSide)`; "and" binds stronger than "or". Empty text means no condition.
 * @throws Refusal with what was expected
 */
export function parsePredicate(text: string): Predicate | undefined {
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  if (words.length === 0) return undefined;
  let at = 0;
  const next = () => words[at];
  const chain = (word: string, part: (depth: number) => Predicate, depth: number): readonly Predicate[] => {
    const parts = [part(depth)];
    while (next() === word) {
      at++;
      parts.push(part(depth));
    }
    return parts;
  };
  const anyOf = (depth: number): Predicate => {
    const parts = chain('or', allOf, depth);
    return parts.length === 1 ? parts[0]! : { any: parts };
  };
  const allOf = (depth: number): Predicate => {
    const parts = chain('and', one, depth);
    return parts.length === 1 ? parts[0]! : { all: parts };
  };
  const one = (depth: number): Predicate => {
    const word = next();
    at++;
    if (depth > DEEPEST) throw notUnderstood('');
    if (word === 'not') return { not: one(depth + 1) };
    if (word === '(') {
      const inner = anyOf(depth + 1);
      if (next() !== ')') throw notUnderstood(next() ?? '');
      at++;
      return inner;
    }
    if (word === undefined || !PropertyName.safeParse(word).success) throw notUnderstood(word ?? '');
    return { is: word };
  };
  const predicate = anyOf(0);
  if (at < words.length) throw notUnderstood(next()!);
  return predicate;
}

function notUnderstood(word: string): Refusal {
  const shown = /^[A-Za-z0-9()-]{1,40}$/.test(word) ? word : undefined;
  return new Refusal({
    en: `the condition is not understood${shown ? ` at "${shown}"` : ''}. Write property names with and, or, not and brackets, e.g. hasCharge and not purposeLimited`,
    ja: `条件を読み取れません${shown ? `（「${shown}」の箇所）` : ''}。属性名を and・or・not とかっこでつないでください（例: hasCharge and not purposeLimited）`,
  });
}

/** Why a predicate does not hold for a unit: the properties that decide it, with what the form says of them. */
export function whyNot(predicate: Predicate, form: Form, properties: Readonly<Record<string, Sentence>>): Sentence {
  const named = [...new Set(deciding(predicate, form, false))].map((property) => ({
    label: (Object.hasOwn(properties, property) ? properties[property] : undefined) ?? { ja: property, en: property },
    yes: applies({ is: property }, form),
  }));
  return {
    en: named.map(({ label, yes }) => `${label.en}: ${yes ? 'yes' : 'no'}`).join('; '),
    ja: named.map(({ label, yes }) => `${label.ja}：${yes ? 'はい' : 'いいえ'}`).join('、'),
  };
}

/** Properties by which a predicate comes out as `outcome`; none when it does not. */
function deciding(predicate: Predicate, form: Form, outcome: boolean): string[] {
  if (applies(predicate, form) !== outcome) return [];
  if ('is' in predicate) return [predicate.is];
  if ('not' in predicate) return deciding(predicate.not, form, !outcome);
  return ('all' in predicate ? predicate.all : predicate.any).flatMap((part) => deciding(part, form, outcome));
}
