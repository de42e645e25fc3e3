import { dateText } from '../date.js';
import type { RoundImprovement, RoundResult, UnitResult } from '../inspectionRound/result.js';
import { againstTarget } from '../inspectionRound/target.js';
import { localDate, localText, type Zone } from '../instant.js';
import type { Language, Sentence } from '../sentence.js';
import { dueText, type DueDay } from '../wording/due.js';
import { BASIS_WORDS, RESULT_WORDS, SERVICE_STATE_WORDS, STRENGTH_WORDS, wordOf } from '../wording/inspection.js';
import { METHODS } from '../providers.js';
import { STAGE_NAMES, subjectText } from '../wording/improvement.js';
import { FIRMNESS_WORDS, OPINION_WORDS, reportWords, STANDING_WORDS, targetText } from '../wording/roundReport.js';
import { marksOf, type Mark, type Release } from './release.js';

export interface RoundReportOptions {
  readonly lang: Language;
  readonly drill: boolean;
  readonly zone: Zone;
  readonly release: Release;
}

export interface ReportedUnit {
  readonly name: string;
  readonly result: string;
  readonly basis: string;
  readonly mandatory: number;
  readonly satisfied: number;
  readonly failing: number;
  readonly notApplicable: number;
  readonly remarks: readonly string[];
}

/**
 * The result of a round as every format prints it (R-06 to R-09, K-16): each date, word and sum ready in one language, so
 * that a format only places them.
 */
export interface RoundReport {
  readonly lang: Language;
  readonly title: string;
  /** Who inspects; empty where it is not known. */
  readonly institution: string;
  /** Marks that must not be overlooked, each with what it means. */
  readonly marks: readonly Mark[];
  readonly asOf: string;
  readonly facts: readonly { readonly name: string; readonly value: string; readonly strong: boolean }[];
  /** Results that occur; "not applicable" stands apart, as the last. */
  readonly results: readonly string[];
  readonly summary: readonly {
    readonly name: string;
    readonly counts: readonly number[];
    readonly total: number;
  }[];
  readonly totals: { readonly counts: readonly number[]; readonly total: number };
  readonly share: string;
  readonly incomplete: readonly { readonly name: string; readonly result: string }[];
  readonly groups: readonly {
    readonly name: string;
    readonly units: readonly ReportedUnit[];
    /** Who has nothing to be asked, in one line; empty for nobody. */
    readonly notApplicable: string;
  }[];
  /** Units with links: how customers prove themselves there. */
  readonly authentication: readonly { readonly name: string; readonly ways: string }[];
  readonly failing: readonly { readonly name: string; readonly phases: readonly number[]; readonly failing: number }[];
  readonly commitments: readonly {
    readonly name: string;
    readonly text: string;
    readonly due: string;
    readonly lastBankDay: string;
    readonly firmness: string;
    readonly standing: string;
  }[];
  readonly improvements: readonly {
    readonly name: string;
    /** Counterparts by name; a whole group by its own, and how many they are. */
    readonly units: string;
    /** Its subject, and what was written beside that. */
    readonly what: string;
    readonly stage: string;
    readonly due: string;
    readonly lastBankDay: string;
    readonly firmness: string;
    readonly standing: string;
  }[];
  readonly opinion: {
    readonly result: string;
    readonly exceptions: readonly { readonly name: string; readonly reason: string; readonly state: string }[];
    readonly recommendations: readonly string[];
  } | null;
}

/** What somebody wrote in one language stays as it is. */
export const inLanguage = (text: string | Sentence, lang: Language) => (typeof text === 'string' ? text : text[lang]);

export const PHASES = ['1', '2', '3', '4', '5'] as const;

const APART = 'NOT_APPLICABLE';

/** Everything that a report says, in one language. */
export function roundReport(result: RoundResult, { lang, drill, zone, release }: RoundReportOptions): RoundReport {
  const w = reportWords(lang);
  const said = (text: string | Sentence) => inLanguage(text, lang);
  const units = result.groups.flatMap((group) => group.units);
  const known = new Map(units.map((unit) => [unit.unit, unit]));
  const nameOf = (id: string) => known.get(id)?.name[lang] ?? id;
  const codes = resultsOf(units);
  const countsOf = (among: readonly UnitResult[]) =>
    codes.map((code) => among.filter((unit) => unit.result === code).length);
  return {
    lang,
    title: said(result.title),
    institution: result.institution ? said(result.institution) : '',
    marks: marksOf({ lang, drill, release }),
    asOf: localText(result.asOf, zone),
    facts: factsOf(result, { lang, zone, release }),
    results: codes.map((code) => said(wordOf(RESULT_WORDS, code))),
    summary: result.groups.map(({ name, units: members }) => ({
      name: said(name),
      counts: countsOf(members),
      total: members.length,
    })),
    totals: { counts: countsOf(units), total: units.length },
    share: w.share(shareOf(units)),
    incomplete: result.incomplete.map((id) => ({
      name: nameOf(id),
      result: said(wordOf(RESULT_WORDS, known.get(id)?.result ?? 'NOT_ASKED')),
    })),
    groups: result.groups.map(({ name, units: members }) => ({
      name: said(name),
      units: members.filter((unit) => unit.result !== APART).map((unit) => unitRow(unit, lang)),
      notApplicable: apart(members, lang),
    })),
    authentication: units
      .filter(({ authentication = [] }) => authentication.length > 0)
      .map((unit) => ({ name: said(unit.name), ways: authenticationOf(unit, lang) })),
    failing: units
      .filter(({ failing }) => failing > 0)
      .map(({ name, failing, failingByPhase }) => ({
        name: said(name),
        phases: PHASES.map((phase) => failingByPhase[phase] ?? 0),
        failing,
      })),
    commitments: result.commitments.map(({ unit, text, firmness, standing, earlier = [], ...due }) => ({
      name: nameOf(unit),
      text,
      due: dueDay(due, earlier, lang),
      lastBankDay: lastBankDay(due, lang),
      firmness: said(FIRMNESS_WORDS[firmness]),
      standing: said(wordOf(STANDING_WORDS, standing)),
    })),
    improvements: (result.improvements ?? []).map((each) => ({
      name: each.name,
      units: counterparts(each.units, result.groups, lang).join(w.separator),
      what: improvementText(each, lang),
      stage: said(STAGE_NAMES[each.stage]),
      due: each.due ? dueDay(each.due, each.earlier, lang) : w.notPromised,
      lastBankDay: each.due ? lastBankDay(each.due, lang) : '',
      firmness: each.firmness ? said(FIRMNESS_WORDS[each.firmness]) : '',
      standing: each.standing === undefined ? '' : said(wordOf(STANDING_WORDS, each.standing)),
    })),
    opinion: result.opinion
      ? {
          result: said(wordOf(OPINION_WORDS, result.opinion.result)),
          exceptions: result.opinion.exceptions.map(({ unit, reason, suspended }) => ({
            name: nameOf(unit),
            reason: said(reason),
            state: suspended ? w.suspended : w.notSuspended,
          })),
          recommendations: result.opinion.recommendations.map(said),
        }
      : null,
  };
}

/** Units from which on a group that takes part as a whole is named instead of them. */
const WHOLE_GROUP_FROM = 4;

/** Names of units in their order; those of a whole group as one, where its first one stands. */
function counterparts(ids: readonly string[], groups: RoundResult['groups'], lang: Language): string[] {
  const among = new Set(ids);
  const nameOf = new Map(groups.flatMap(({ units }) => units.map(({ unit, name }) => [unit, name[lang]] as const)));
  const whole = groups.filter(
    ({ units }) => units.length >= WHOLE_GROUP_FROM && units.every(({ unit }) => among.has(unit)),
  );
  const groupOf = new Map(whole.flatMap((group) => group.units.map(({ unit }) => [unit, group] as const)));
  return ids.flatMap((id, index) => {
    const group = groupOf.get(id);
    if (!group) return [nameOf.get(id) ?? id];
    const first = ids.findIndex((each) => groupOf.get(each) === group) === index;
    return first ? [reportWords(lang).wholeGroup(group.name[lang], group.units.length)] : [];
  });
}

/** What gets better, said once: mostly the subject says all of it, and "other" nothing. */
function improvementText({ subject, text }: RoundImprovement, lang: Language): string {
  const about = subjectText(subject)[lang];
  if (subject === 'other' || text[lang] === about) return text[lang];
  return `${about}${reportWords(lang).colon}${text[lang]}`;
}

function factsOf(result: RoundResult, { lang, zone, release }: Omit<RoundReportOptions, 'drill'>) {
  const w = reportWords(lang);
  const { predictedEnd, target, complete } = result;
  const published = release.kind === 'published';
  const against = againstTarget(result, published ? release.on : localDate(result.asOf, zone));
  const interim = against.kind === 'interim';
  const slips = against.kind === 'late' || (interim && against.predictedSlip > 0);
  const end = predictedEnd === undefined || complete ? undefined : againstTarget(result, predictedEnd);
  const status = complete ? w.complete : w.incomplete(result.incomplete.length);
  const said = (text: Sentence) => text[lang];
  const fact = (name: string, value: string, strong = false) => ({ name, value, strong });
  return [
    fact(w.round, result.round),
    fact(w.asOf, localText(result.asOf, zone)),
    fact(w.status, interim && !published ? `${status}${w.colon}${said(targetText(against))}` : status, true),
    fact(w.target, dueText(target)[lang]),
    ...(end && release.kind === 'current'
      ? [
          end.kind === 'late'
            ? fact(w.predicted, said(dateText(predictedEnd!)) + w.inBrackets(said(targetText(end))), true)
            : fact(w.predicted, said(dateText(predictedEnd!))),
        ]
      : []),
    ...(published
      ? [fact(w.published, said(dateText(release.on)) + w.inBrackets(said(targetText(against))), slips)]
      : []),
    ...(release.kind === 'current' ? [] : [fact(w.digest, release.digest)]),
  ];
}

/** Codes of the results that occur, in the order of the words; an unknown one comes first, so that nobody misses it. */
export function resultsOf(units: readonly Pick<UnitResult, 'result'>[]): string[] {
  const found = new Set<string>(units.map(({ result }) => result));
  const ordered = [...Object.keys(RESULT_WORDS).filter((code) => code !== APART), APART];
  return [...[...found].filter((code) => !ordered.includes(code)), ...ordered.filter((code) => found.has(code))];
}

/** How many of the units to which something applies are satisfied; what is not applicable is in neither number. */
export function shareOf(units: readonly Pick<UnitResult, 'result'>[]) {
  const apart = units.filter(({ result }) => result === APART).length;
  const applicable = units.length - apart;
  const satisfied = units.filter(({ result }) => result === 'SATISFIED').length;
  const notAsked = units.filter(({ result }) => result === 'NOT_ASKED').length;
  return { applicable, satisfied, apart, notAsked, percent: percentOf(satisfied, applicable) };
}

/** With one decimal; 100.0 only for all, and 0.0 only for none. */
function percentOf(part: number, whole: number): string | undefined {
  if (whole === 0) return undefined;
  const rounded = Math.round((part / whole) * 1000) / 10;
  const percent = part === whole || part === 0 ? rounded : Math.min(99.9, Math.max(0.1, rounded));
  return percent.toFixed(1);
}

function apart(units: readonly UnitResult[], lang: Language): string {
  const w = reportWords(lang);
  const members = units.filter(({ result }) => result === APART);
  if (members.length === 0) return '';
  const days = [...new Set(members.map(({ reviewDue }) => reviewDue))];
  const listed = days.map((day) => {
    const names = members.filter(({ reviewDue }) => reviewDue === day).map(({ name }) => name[lang]);
    return names.join(w.separator) + (day === undefined ? '' : w.inBrackets(w.review(day)));
  });
  return `${w.several(w.notApplicable, members.length)}${w.colon}${listed.join(w.separator)}`;
}

function unitRow(unit: UnitResult, lang: Language): ReportedUnit {
  const w = reportWords(lang);
  const { mandatory, satisfied, failing, notApplicable, overdueDays = 0 } = unit;
  const states = statesOf(unit, lang);
  return {
    name: unit.name[lang],
    result: wordOf(RESULT_WORDS, unit.result)[lang],
    basis: wordOf(BASIS_WORDS, unit.basis)[lang],
    mandatory,
    satisfied,
    failing,
    notApplicable,
    remarks: [
      ...(states === '' ? [] : [states]),
      ...(overdueDays > 0 ? [w.overdue(overdueDays)] : []),
      ...(unit.remediationDue ? [w.remediation(unit.remediationDue.date)] : []),
    ],
  };
}

/** How customers prove themselves at a unit's links, by method and strength; each of several links is named. */
export function authenticationOf({ authentication = [] }: Pick<UnitResult, 'authentication'>, lang: Language): string {
  const w = reportWords(lang);
  return authentication
    .map(({ link, method, strength }) => {
      const way = METHODS[method][lang] + w.inBrackets(STRENGTH_WORDS[strength][lang]);
      return authentication.length > 1 ? `${link}${w.colon}${way}` : way;
    })
    .join(w.separator);
}

/** States of a unit's functions in words, counted where they differ: the second axis, apart from the result. */
export function statesOf({ serviceStates }: Pick<UnitResult, 'serviceStates'>, lang: Language): string {
  const w = reportWords(lang);
  const states = [...new Set(serviceStates.map(({ state }) => state))];
  return states
    .map((state) => {
      const word = wordOf(SERVICE_STATE_WORDS, state)[lang];
      const n = serviceStates.filter((each) => each.state === state).length;
      return states.length > 1 ? w.several(word, n) : word;
    })
    .join(w.separator);
}

function dueDay({ date }: DueDay, earlier: readonly string[], lang: Language): string {
  const w = reportWords(lang);
  const before = earlier.map((each) => dateText(each)[lang]).join(w.separator);
  return `${dateText(date)[lang]}${before === '' ? '' : w.inBrackets(w.earlier(before))}`;
}

const lastBankDay = ({ lastOpenDay }: DueDay, lang: Language) =>
  lastOpenDay == null ? '' : dateText(lastOpenDay)[lang];
