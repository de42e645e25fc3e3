import path from 'node:path';
import { PROJECT_ROOT } from '../../src/config.js';
import { applicableItems, protectedFunctions } from '../../src/domain/framework.js';
import {
  checklistOf,
  isOwn,
  lintProviders,
  ProvidersSchema,
  unitOf,
  type Providers,
  type Unit,
} from '../../src/domain/providers.js';
import { lintDocuments } from '../../src/cli/frameworkLint.js';
import { readParts } from '../../src/store/documents.js';
import { expectComplete, refusalOf } from './support.js';

const read = (playbook: string) =>
  readParts(path.join(PROJECT_ROOT, 'playbooks', playbook), ['frameworks', 'providers', 'services', 'roster']);
type Parts = Awaited<ReturnType<typeof read>> & { readonly providers: Providers };

describe('the units of 2020', () => {
  let parts: Parts;
  let units: readonly Unit[];
  beforeAll(async () => {
    parts = (await read('yucho-2020')) as Parts;
    units = parts.providers.units;
  });
  const applicable = (unit: Unit) => applicableItems(checklistOf(unit, parts.frameworks).items, unit.form);
  const inGroup = (group: string) => units.filter((unit) => unit.group === group);

  test('are 35: 29 outside in groups of 6, 6 and 17, and six of the bank', () => {
    expect(units).toHaveLength(35);
    expect(units.filter((unit) => !isOwn(parts.providers, unit))).toHaveLength(29);
    expect(['code', 'other-payment', 'non-payment', 'own'].map((group) => inGroup(group).length)).toEqual([
      6, 6, 17, 6,
    ]);
    expect(inGroup('own').map(({ id }) => id)).toEqual([
      'instant-transfer-payment',
      'instant-transfer-non-payment',
      'yucho-pay',
      'mijica',
      'jp-bank-jcb',
      'jp-bank-visa-master',
    ]);
  });

  test('sixteen of the non-payment partners have no applicable item; the one that has is the EC site', () => {
    const partners = inGroup('non-payment');
    const without = partners.filter((unit) => applicable(unit).length === 0);
    expect(without).toHaveLength(16);
    expect(without.every(({ form }) => form['purposeLimited'])).toBe(true);
    expect(partners.filter((unit) => applicable(unit).length > 0).map(({ kind }) => kind)).toEqual(['ec']);
    const kinds = ['public-racing', 'securities', 'non-bank', 'ec'];
    expect(kinds.map((kind) => partners.filter((unit) => unit.kind === kind).length)).toEqual([7, 6, 3, 1]);
  });

  test('all mandatory items of the framework concern the code-payment providers', () => {
    const mandatory = parts.frameworks['starter-2020']!.items.filter((item) => item.class === 'mandatory').length;
    for (const unit of inGroup('code'))
      expect(applicable(unit).filter((item) => item.class === 'mandatory')).toHaveLength(mandatory);
  });

  test('a payment provider without a charge function is not asked about phase 3', () => {
    const without = inGroup('other-payment').filter(({ form }) => !form['hasCharge']);
    expect(without.length).toBeGreaterThan(0);
    for (const unit of without) expect(applicable(unit).some(({ phase }) => phase === 3)).toBe(false);
  });

  test('mijica has exactly 22 applicable mandatory items: two by their real names, 20 placeholders that say so', () => {
    const mandatory = applicable(unitOf(parts.providers, 'mijica')).filter((item) => item.class === 'mandatory');
    expect(mandatory).toHaveLength(22);
    const named = mandatory.filter((item) => !item.placeholder);
    expect(named.map(({ text }) => text.ja)).toEqual([
      '会員サイトへの不正ログインの検知',
      '送金時認証のアカウントロック',
    ]);
    for (const { text } of mandatory.filter((item) => item.placeholder)) expect(text.en).toMatch(/Placeholder/);
  });

  test('fourteen items of mijica can fail and leave the debit function and nothing else of it untouched', () => {
    const mijica = unitOf(parts.providers, 'mijica');
    const stopping = applicable(mijica).filter((item) => {
      const functions = protectedFunctions(item, mijica);
      return functions.length > 0 && functions.every((id) => id === 'mijica-transfer' || id === 'mijica-web');
    });
    expect(stopping).toHaveLength(14);
    expect(applicable(mijica).some((item) => protectedFunctions(item, mijica).includes('mijica-debit'))).toBe(true);
  });

  test('two-factor at the link of each payment provider protects its own link', () => {
    for (const unit of [...inGroup('code'), ...inGroup('other-payment')]) {
      const item = applicable(unit).find(({ id }) => id === 'link-two-factor')!;
      expect(protectedFunctions(item, unit)).toEqual([`link-${unit.id}`]);
    }
  });

  test('every link says by which method and how strong; one provider checks a balance, and that is weak', () => {
    const outside = units.filter((unit) => !isOwn(parts.providers, unit));
    const methods = outside.flatMap(({ authentication }) => authentication);
    expect(methods).toHaveLength(12);
    expect(methods.filter(({ method }) => method === 'balance-check').map(({ strength }) => strength)).toEqual([
      'weak',
    ]);
  });

  test('outside units carry pseudonyms, and addresses that lead nowhere', () => {
    for (const unit of units.filter((each) => !isOwn(parts.providers, each))) {
      expect(unit.id).toMatch(/^[con]\d+$/);
      expect(unit.name.en).toMatch(/^(Provider|Partner) [CON]\d+$/);
      expect(unit.contact.mail).toMatch(/@[con]\d+\.example$/);
    }
  });
});

test.each(['yucho-2020', 'example'])('the frameworks and units of the playbook %s fit together', async (playbook) => {
  expect(lintDocuments(await read(playbook))).toEqual([]);
});

test('the starter catalogue says whose text it is, and has items in all five phases', async () => {
  const { frameworks } = await read('example');
  const starter = frameworks['starter-2020']!;
  expect(starter.source.en).toContain('not the text of');
  expect(new Set(starter.items.map(({ phase }) => phase)).size).toBe(5);
});

describe('the starter catalogue', () => {
  // DOMAIN 2.3, by hand: mandatory and advanced items of each phase, in its order.
  const ASKED = {
    1: {
      mandatory: ['phone-possession', 'one-account-per-person', 'identity-before-linking'],
      advanced: ['opening-anomalies', 'duplicate-identity-search'],
    },
    2: {
      mandatory: [
        ...['holder-name-match', 'link-two-factor', 'pin-only-forbidden', 'link-attempt-lock'],
        ...['wallets-per-account', 'link-notice'],
      ],
      // The weaker method is asked of whoever says that two factors are in place partly.
      advanced: ['link-weaker-method', 'link-monitoring'],
    },
    3: {
      mandatory: ['charge-limits', 'charge-limits-new-link', 'charge-notice', 'charge-stop'],
      advanced: ['charge-anomaly'],
    },
    4: {
      mandatory: [
        ...['login-attack-lock', 'transfer-auth-lock', 'contact-change-notice', 'contact-change-cooldown'],
        'payment-limits',
      ],
      advanced: ['first-payee-delay', 'burst-detection'],
    },
    5: {
      mandatory: [
        ...['stop-desk', 'history-visible', 'compensation-policy', 'partner-stop-procedure', 'claim-owner'],
        ...['log-retention', 'periodic-reinspection', 'police-cooperation'],
      ],
      advanced: ['information-sharing'],
    },
  } as const;

  test('asks what the table of the field asks, item by item', async () => {
    const { frameworks } = await read('example');
    const { items } = frameworks['starter-2020']!;
    for (const [phase, classes] of Object.entries(ASKED))
      for (const [itemClass, ids] of Object.entries(classes))
        expect(
          items.filter((item) => String(item.phase) === phase && item.class === itemClass).map(({ id }) => id),
        ).toEqual(ids);
    expect(items).toHaveLength(34);
    expect(items.filter(({ askIf }) => askIf).map(({ id }) => id)).toEqual(['link-weaker-method']);
  });
});

describe('the lint of the units', () => {
  let parts: Parts;
  beforeAll(async () => {
    parts = (await read('yucho-2020')) as Parts;
  });
  const placesWith = (id: string, change: object) => {
    const units = parts.providers.units.map((unit) => (unit.id === id ? { ...unit, ...change } : unit));
    const findings = lintProviders(ProvidersSchema.parse({ ...parts.providers, units }), parts);
    for (const { problem } of findings) expectComplete(problem);
    return [...new Set(findings.map(({ where }) => where))];
  };
  const formOf = (id: string) => unitOf(parts.providers, id).form;

  test.each<[string, string, () => object, string]>([
    ['an unknown group', 'c1', () => ({ group: 'nobody' }), 'units.c1.group'],
    ['an unknown kind of business', 'n1', () => ({ kind: 'circus' }), 'units.n1.kind'],
    ['a framework that is not loaded', 'c1', () => ({ framework: 'nobody' }), 'units.c1.framework'],
    ['an own unit without an owner', 'mijica', () => ({ owner: undefined }), 'units.mijica.owner'],
    ['an outside unit with an owner', 'c1', () => ({ owner: 'ciso-1' }), 'units.c1.owner'],
    ['a manager who is not in the roster', 'c1', () => ({ manager: 'nobody' }), 'units.c1.manager'],
    [
      'a property that the framework does not know',
      'c1',
      () => ({ form: { ...formOf('c1'), hasWings: true } }),
      'units.c1.form.hasWings',
    ],
    [
      'a form that leaves open what decides',
      'c1',
      () => ({ form: { ...formOf('c1'), hasCharge: undefined } }),
      'units.c1.form',
    ],
    ['a link without its method', 'c1', () => ({ authentication: [] }), 'units.c1.authentication'],
    [
      'a function that serves and is not its own',
      'c1',
      () => ({ serves: { ...Object.fromEntries(KINDS.map((kind) => [kind, ['link-c1']])), link: ['link-c2'] } }),
      'units.c1.serves.link',
    ],
    [
      'functions of which nobody says which serves as what',
      'c1',
      () => ({
        functions: ['link-c1', 'link-c2'],
        authentication: ['link-c1', 'link-c2'].map((link) => ({ link, method: 'app', strength: 'strong' })),
      }),
      'units.c1.serves',
    ],
    ['single cards instead of a function', 'mijica', () => ({ functions: ['mijica-card'] }), 'units.mijica.functions'],
  ])('names %s', (_, id, change, where) => {
    if (where === 'units.c1.form') {
      const { hasCharge: _dropped, ...form } = formOf('c1');
      expect(placesWith('c1', { form })).toEqual(['units.c1.form.hasCharge']);
    } else expect(placesWith(id, change())).toEqual([where]);
  });

  test('names a function that the service map does not have', () => {
    expect(placesWith('c1', { functions: ['link-c9'], authentication: [] })).toEqual(['units.c1.functions']);
  });

  test('names a unit that stands twice', () => {
    const units = [...parts.providers.units, unitOf(parts.providers, 'c1')];
    const findings = lintProviders({ ...parts.providers, units }, parts);
    expect(findings.map(({ where }) => where)).toEqual(['units.c1']);
  });

  test('an unknown unit is refused with those that there are', () => {
    const sentence = refusalOf(() => unitOf(parts.providers, 'c9'));
    expectComplete(sentence);
    expect(sentence.en).toContain('o6');
  });
});

const KINDS = ['account', 'login', 'link', 'charge', 'payment', 'transfer'];
