import { z } from 'zod';
import type { Finding } from './framework/lint.js';
import { applicableItems, isKind, protectedFunctions } from './framework/applicable.js';
import { compose, type Checklist } from './framework/compose.js';
import { propertiesOf } from './framework/predicate.js';
import { finder, FunctionKindSchema, PropertyName, type Framework } from './framework/schema.js';
import { KeyPart, PersonId } from './ids.js';
import { Refusal } from './refusal.js';
import type { Roster } from './roster.js';
import type { Sentence } from './sentence.js';
import { functionsOf, type ServiceMap } from './serviceMap.js';

const Name = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

/** How a customer proves at a link that the account is his; R-14. */
export const METHODS = {
  'ivr-callback': { ja: 'IVR認証（コールバック）', en: 'IVR call-back' },
  'one-time-code': { ja: 'ワンタイムコード', en: 'one-time code' },
  'balance-check': { ja: '残高認証', en: 'balance check' },
  app: { ja: 'アプリ認証', en: 'app' },
} as const satisfies Record<string, Sentence>;

const UnitSchema = z.strictObject({
  id: KeyPart,
  /** Id of a group of the same file. */
  group: KeyPart,
  name: Name,
  /** What kind of business it is, one of `kinds` (`securities`, `ec`). */
  kind: KeyPart.optional(),
  /** The framework or own checklist by which it is asked. */
  framework: KeyPart,
  /** Its service form: every property that the checklist's conditions name, true or false. */
  form: z.record(PropertyName, z.boolean()),
  /** Functions of the service map that belong to it. */
  functions: z.array(KeyPart).default([]),
  /** Which of its functions serves as which kind; needed only with more than one function. */
  serves: z.partialRecord(FunctionKindSchema, z.array(KeyPart)).optional(),
  /** Own units: who runs it. Nobody evaluates a unit that he owns. */
  owner: PersonId.optional(),
  /** Who looks after the unit in a round. */
  manager: PersonId,
  contact: z.strictObject({
    name: z.string().min(1),
    mail: z.email({ error: 'an e-mail address ／ メールアドレス' }),
    lang: z.enum(['ja', 'en']),
  }),
  /** "Two-factor, yes or no" is not enough: the method and its strength, for each link. */
  authentication: z
    .array(
      z.strictObject({
        link: KeyPart,
        method: z.enum(Object.keys(METHODS) as [keyof typeof METHODS, ...(keyof typeof METHODS)[]]),
        strength: z.enum(['strong', 'weak']),
      }),
    )
    .default([]),
});

/** The units of an inspection: outside providers and own services, in groups (DOMAIN 1.4). */
export const ProvidersSchema = z.strictObject({
  version: z.string().min(1),
  groups: z.array(
    z.strictObject({
      id: KeyPart,
      name: Name,
      /** The bank's own services: not counted among the outside providers. */
      own: z.boolean().default(false),
    }),
  ),
  kinds: z.array(z.strictObject({ id: KeyPart, name: Name })).default([]),
  units: z.array(UnitSchema),
});
export type Providers = z.output<typeof ProvidersSchema>;
export type Unit = Providers['units'][number];

/** The unit of an id. @throws Refusal naming those that there are */
export function unitOf({ units, version }: Providers, id: string): Unit {
  const unit = units.find((candidate) => candidate.id === id);
  if (unit) return unit;
  const known = units.map((candidate) => candidate.id).join(', ');
  throw new Refusal({
    en: `The list of units ${version} has no unit "${id}". Use one of: ${known}.`,
    ja: `対象一覧（版 ${version}）に「${id}」はありません。次のいずれかを指定してください: ${known}。`,
  });
}

/** Is it one of the bank's own services? */
export function isOwn({ groups }: Providers, unit: Pick<Unit, 'group'>): boolean {
  return groups.some(({ id, own }) => id === unit.group && own);
}

/** The checklist of a unit, put together. @throws Refusal when its framework is not loaded */
export function checklistOf(unit: Unit, frameworks: Readonly<Record<string, Framework>>): Checklist {
  const framework = Object.hasOwn(frameworks, unit.framework) ? frameworks[unit.framework] : undefined;
  if (framework) return compose(framework, finder(frameworks));
  throw new Refusal({
    en: `The unit ${unit.id} is to be asked by the framework ${unit.framework}, which is not loaded. Add ${unit.framework}.yaml to the folder frameworks/.`,
    ja: `対象 ${unit.id} の基準 ${unit.framework} がありません。frameworks/ に ${unit.framework}.yaml を追加してください。`,
  });
}

export interface Surroundings {
  readonly frameworks: Readonly<Record<string, Framework>>;
  readonly services: ServiceMap;
  readonly roster: Roster;
}

type Say = (where: string, en: string, ja: string) => void;

/** Everything in a list of units that does not fit the frameworks, the service map and the roster. */
export function lintProviders(providers: Providers, surroundings: Surroundings): Finding[] {
  const findings: Finding[] = [];
  const say: Say = (where, en, ja) => findings.push({ where, problem: { en, ja } });
  for (const kind of ['groups', 'kinds', 'units'] as const)
    for (const id of repeated(providers[kind].map((entry) => entry.id)))
      say(`${kind}.${id}`, `the id ${id} stands twice`, `ID ${id} が重複しています`);
  const people = new Set(surroundings.roster.people.map(({ id }) => id));
  for (const unit of providers.units) {
    const at = `units.${unit.id}`;
    if (!providers.groups.some(({ id }) => id === unit.group))
      say(`${at}.group`, `there is no group ${unit.group}`, `グループ ${unit.group} がありません`);
    if (unit.kind !== undefined && !providers.kinds.some(({ id }) => id === unit.kind))
      say(`${at}.kind`, `there is no kind ${unit.kind}`, `業種 ${unit.kind} がありません`);
    for (const role of ['manager', 'owner'] as const)
      if (unit[role] !== undefined && !people.has(unit[role]))
        say(`${at}.${role}`, `${unit[role]} is not in the roster`, `${unit[role]} が名簿にありません`);
    const own = isOwn(providers, unit);
    if (own && unit.owner === undefined)
      say(
        `${at}.owner`,
        'an own unit needs an owner, so that he does not evaluate it himself; name a person of the roster',
        '自社の対象には所管者が必要です（所管者は評価できません）。名簿の人を指定してください',
      );
    if (!own && unit.owner !== undefined)
      say(
        `${at}.owner`,
        'only own units have an owner; take it out',
        '所管者は自社の対象だけに指定します。外してください',
      );
    functions(unit, at, surroundings.services, say);
    form(unit, at, surroundings.frameworks, say, findings);
  }
  return findings;
}

/** The unit's functions are in the map, and every link says how its customers prove themselves. */
function functions(unit: Unit, at: string, services: ServiceMap, say: Say): void {
  const known = new Map(functionsOf(services).map((fn) => [fn.id, fn]));
  for (const id of unit.functions) {
    const found = known.get(id);
    if (!found)
      say(
        `${at}.functions`,
        `the service map has no function ${id}; use one of: ${[...known.keys()].join(', ')}`,
        `サービス一覧に機能 ${id} がありません。次のいずれかを指定してください: ${[...known.keys()].join('、')}`,
      );
    else if (found.kind === 'card' || found.kind === 'account')
      say(
        `${at}.functions`,
        `${id} stands for single cards or accounts and cannot be stopped as a whole; name a function`,
        `${id} は個々のカードや口座を指すため、全体を停止できません。機能を指定してください`,
      );
  }
  for (const [kind, ids] of Object.entries(unit.serves ?? {}))
    for (const id of ids)
      if (!unit.functions.includes(id))
        say(
          `${at}.serves.${kind}`,
          `${id} is not among the functions of the unit`,
          `${id} はこの対象の機能にありません`,
        );
  for (const { link } of unit.authentication)
    if (!unit.functions.includes(link))
      say(
        `${at}.authentication`,
        `${link} is not among the functions of the unit`,
        `${link} はこの対象の機能にありません`,
      );
  for (const id of unit.functions)
    if (known.get(id)?.kind === 'link' && !unit.authentication.some(({ link }) => link === id))
      say(
        `${at}.authentication`,
        `the method of authentication at ${id} is missing; say method and strength`,
        `${id} の認証方式がありません。方式（method）と強度（strength）を記入してください`,
      );
}

/** The form says yes or no to all that the checklist asks by, and each item knows what it protects at this unit. */
function form(unit: Unit, at: string, frameworks: Surroundings['frameworks'], say: Say, findings: Finding[]): void {
  let checklist: Checklist;
  try {
    checklist = checklistOf(unit, frameworks);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    findings.push({ where: `${at}.framework`, problem: error.sentence });
    return;
  }
  const properties = Object.keys(checklist.properties);
  for (const property of Object.keys(unit.form))
    if (!properties.includes(property))
      say(
        `${at}.form.${property}`,
        `${checklist.id} knows no property ${property}; use: ${properties.join(', ')}`,
        `${checklist.id} に属性 ${property} はありません。次を使ってください: ${properties.join('、')}`,
      );
  const asked = new Set(checklist.items.flatMap(({ appliesIf }) => propertiesOf(appliesIf)));
  for (const property of asked)
    if (!Object.hasOwn(unit.form, property))
      say(
        `${at}.form.${property}`,
        'it decides which items apply and is missing; say true or false',
        '該当項目を決める属性ですが、記入がありません。true か false を記入してください',
      );
  // A unit without any function in the map has nothing that could be stopped.
  if (unit.functions.length === 0) return;
  for (const item of applicableItems(checklist.items, unit.form))
    if (
      item.class === 'mandatory' &&
      item.protects.some((name) => isKind(name) && unit.serves?.[name] === undefined) &&
      protectedFunctions(item, unit).length === 0
    )
      say(
        `${at}.serves`,
        `the mandatory item ${item.id} protects ${item.protects.join(', ')}, and none of the unit's functions serves as that; say which, or an empty list`,
        `必須項目 ${item.id} は ${item.protects.join('、')} を保護しますが、対応する機能がこの対象にありません。serves に記入してください（ない場合は空のリスト）`,
      );
}

function repeated(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
}
