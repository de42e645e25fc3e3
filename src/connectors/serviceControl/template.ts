import type { ControlOrder, ControlTarget } from './types.js';

/** JSON as a connector's document holds it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** A value that a template puts in; `undefined` where an order does not carry it. */
export type TemplateValue = string | number | boolean | undefined;

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const WHOLE = /^\{\{\s*([^{}]*?)\s*\}\}$/;
const TARGET_VARIABLE = /^target\.(id|partner|segment|external\.[A-Za-z0-9_-]+)$/;
const ORDER_VARIABLES = ['wanted', 'order.key', 'order.wanted', 'order.inFlight', 'order.limitYen', 'order.reason'];

/** A template cannot be filled. `code` is a detail in the sense of `explain`: it names the variable, never its value. */
export class TemplateProblem extends Error {
  constructor(readonly code: string) {
    super(code);
  }
}

/** The variables a template names, in order, for the check when a document is loaded. */
export function variablesIn(template: Json): string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACEHOLDER)].map((match) => match[1]!);
  if (Array.isArray(template)) return template.flatMap(variablesIn);
  if (template !== null && typeof template === 'object') return Object.values(template).flatMap(variablesIn);
  return [];
}

export function isVariable(name: string, ofOrder: boolean): boolean {
  return TARGET_VARIABLE.test(name) || (ofOrder && ORDER_VARIABLES.includes(name));
}

/** How a connector calls what an order says; what is not in a table goes out under our own name. */
export interface WordTables {
  readonly states?: Readonly<Partial<Record<string, TemplateValue>>> | undefined;
  readonly inFlight?: Readonly<Partial<Record<string, TemplateValue>>> | undefined;
}

export type Lookup = (name: string) => TemplateValue;

export function lookup(target: ControlTarget, order?: ControlOrder, words: WordTables = {}): Lookup {
  return (name) => {
    if (name === 'target.id') return target.id;
    if (name === 'target.partner') return target.partner;
    if (name === 'target.segment') return target.segment;
    if (name.startsWith('target.external.')) {
      const key = name.slice('target.external.'.length);
      return Object.hasOwn(target.external, key) ? target.external[key] : undefined;
    }
    if (!order) return undefined;
    switch (name) {
      case 'wanted':
        return words.states?.[order.wanted] ?? order.wanted;
      case 'order.key':
        return order.key;
      case 'order.wanted':
        return order.wanted;
      case 'order.inFlight':
        return order.inFlight && (words.inFlight?.[order.inFlight] ?? order.inFlight);
      case 'order.limitYen':
        return order.limitYen;
      case 'order.reason':
        return order.reason;
      default:
        return undefined;
    }
  };
}

/** Fills a text; `encode` fits each value to its place. Throws TemplateProblem when a value is missing. */
export function fillText(template: string, values: Lookup, encode: (value: string, name: string) => string): string {
  return template.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values(name);
    if (value === undefined) throw new TemplateProblem(`VALUE_MISSING ${name}`);
    return encode(String(value), name);
  });
}

/** One path segment or query value. Dot segments survive percent-encoding and would climb out of the path. */
export function urlValue(value: string, name: string): string {
  if (value === '' || value === '.' || value === '..') throw new TemplateProblem(`VALUE_UNFIT ${name}`);
  return encodeURIComponent(value);
}

/**
 * Fills a JSON body. A text that is one placeholder becomes the value itself (a number stays a number), and its key is
 * left out when the order does not carry the value. Target ids must be there.
 */
export function fillJson(template: Json, values: Lookup): Json | undefined {
  if (typeof template === 'string') {
    const name = WHOLE.exec(template)?.[1];
    if (name === undefined) return fillText(template, values, (value) => value);
    const value = values(name);
    if (value === undefined && name.startsWith('target.')) throw new TemplateProblem(`VALUE_MISSING ${name}`);
    return value;
  }
  if (Array.isArray(template)) {
    return template.map((item) => fillJson(item, values)).filter((item): item is Json => item !== undefined);
  }
  if (template !== null && typeof template === 'object') {
    const filled = Object.entries(template).map(([key, item]) => [key, fillJson(item, values)] as const);
    return Object.fromEntries(filled.filter((entry): entry is [string, Json] => entry[1] !== undefined));
  }
  return template;
}
