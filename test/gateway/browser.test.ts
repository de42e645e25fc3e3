import path from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { PROJECT_ROOT } from '../../src/config.js';
import { MINUTE, plus } from '../../src/domain/instant.js';
import { readSubmission } from '../../src/store/submissions.js';
import { launchChromium } from '../support/chromium.js';
import { openGateway, questionnaire, START, type Ground } from './support.js';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1100, height: 900 };

let ground: Ground;
let browser: Browser;
let units = 0;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  ground = await openGateway();
  browser = await launchChromium();
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(async () => {
  await browser?.close();
  await ground?.close();
});

/** For the documents: `HIKESHI_SCREENSHOTS=1` takes them anew. */
async function picture(page: Page, name: string): Promise<void> {
  if (process.env['HIKESHI_SCREENSHOTS'] !== '1') return;
  await page.screenshot({ path: path.join(PROJECT_ROOT, 'docs', 'images', `${name}.png`) });
}

async function visit(
  inspection: string,
  { lang = 'en', viewport = DESKTOP }: { lang?: string; viewport?: typeof PHONE } = {},
): Promise<Page> {
  const { token } = await ground.link(inspection);
  const context = await browser.newContext({ javaScriptEnabled: false, viewport, locale: lang });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(`${ground.url}/a/${token}?lang=${lang}`);
  return page;
}

async function unit(more: Parameters<typeof questionnaire>[1] = {}): Promise<string> {
  const inspection = `providerInspection/R2020/n${++units}`;
  await ground.put(questionnaire(inspection, more));
  return inspection;
}

/** Presses Tab until the focus is on the element; a person who cannot use a mouse has no other way. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const wanted = page.locator(selector);
  for (let presses = 0; presses < 80; presses++) {
    if ((await wanted.and(page.locator(':focus')).count()) > 0) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`80 presses of the tab key did not reach ${selector}`);
}

test('a person answers with the keyboard alone, without JavaScript, and gets the receipt', async () => {
  const inspection = await unit();
  const page = await visit(inspection);
  // The keyboard acts on a page that has the focus; the first tab goes to the link that skips to the questions.
  await page.keyboard.press('Tab');
  expect(await page.locator('.skip').and(page.locator(':focus')).count()).toBe(1);

  await tabTo(page, '#claim-link-two-factor');
  await page.keyboard.press('ArrowDown');
  expect(await page.getByLabel('Partly implemented').first().isChecked()).toBe(true);
  await tabTo(page, '#text-link-two-factor');
  await page.keyboard.type('Two of three links');
  await tabTo(page, '#dueBy-link-two-factor');
  await page.keyboard.type('12152020');
  await tabTo(page, '#claim-charge-monitoring');
  await page.keyboard.press('Space');
  await tabTo(page, 'button[value="check"]');
  await page.keyboard.press('Enter');

  await page.getByText('Your answers have led to further questions').waitFor();
  const fresh = page.locator('#item-link-two-factor-plan');
  await fresh.getByText('There is a plan for the second factor.').waitFor();
  await tabTo(page, '#claim-link-two-factor-plan');
  await page.keyboard.press('Space');
  await tabTo(page, 'button[value="check"]');
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { name: 'Check your answers' }).waitFor();
  expect(await page.getByText('Two of three links').count()).toBe(1);
  await tabTo(page, 'main form button');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Your answers have arrived' }).waitFor();
  expect(await page.getByText(`R2020-n${units}-1`).first().isVisible()).toBe(true);
  const id = new URL(page.url()).pathname.split('/').at(-1)!;
  expect((await readSubmission(ground.store.db, id))?.answers.items).toEqual([
    { item: 'link-two-factor', claim: 'partly', text: 'Two of three links', evidence: [], dueBy: '2020-12-15' },
    { item: 'link-two-factor-plan', claim: 'implemented', text: '', evidence: [] },
    { item: 'charge-monitoring', claim: 'implemented', text: '', evidence: [] },
  ]);
}, 60_000);

test('a mistake puts the focus on its summary, whose links lead to the fields', async () => {
  const page = await visit(await unit());
  await page.locator('#item-link-two-factor').getByLabel('We object to this item').check();
  await page.locator('button[value="check"]').click();
  await page.getByRole('alert').waitFor();
  expect(await page.title()).toMatch(/^Error: /);
  expect(await page.getByRole('alert').and(page.locator(':focus')).count()).toBe(1);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const field = page.locator('#text-link-two-factor');
  expect(await field.and(page.locator(':focus')).count()).toBe(1);
  expect(await field.getAttribute('aria-invalid')).toBe('true');
  const described = (await field.getAttribute('aria-describedby'))!.split(' ');
  expect(await page.locator(`#${described.at(-1)}`).innerText()).toBe('Explain what you object to.');
}, 60_000);

test('every field has a name that a screen reader tells, and groups have theirs', async () => {
  const page = await visit(await unit());
  const tree = await page.locator('#item-link-two-factor').ariaSnapshot();
  expect(tree).toContain('group "1 Linking an account checks a second factor');
  expect(tree).toContain('group "Your answer"');
  for (const claim of ['Implemented', 'Partly implemented', 'Not implemented', 'Not applicable']) {
    expect(tree).toContain(`radio "${claim}"`);
  }
  expect(tree).toContain('textbox "Explanation"');
  expect(tree).toContain('Attach files');
  const unnamed = await page.locator('input:not([type=hidden]), textarea, button, a').evaluateAll((all) =>
    all
      .filter((each) => {
        const labels = (each as unknown as { labels?: { length: number } | null }).labels;
        return !labels?.length && !each.textContent?.trim() && !each.getAttribute('aria-label');
      })
      .map((each) => each.id || each.tagName),
  );
  expect(unnamed).toEqual([]);
  const ids = await page.locator('[id]').evaluateAll((all) => all.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
}, 60_000);

test('on a phone nothing is wider than the screen, and what is pressed is large enough for a thumb', async () => {
  const page = await visit(await followedUp('ja'), { lang: 'ja', viewport: PHONE });
  const tall = await page.locator('body').evaluate((body) => ({ inner: body.scrollWidth, outer: body.clientWidth }));
  expect(tall.inner).toBeLessThanOrEqual(Math.max(tall.outer, PHONE.width));
  for (const selector of ['label.choice:not(.small)', 'button', 'textarea']) {
    for (const box of await page.locator(selector).filter({ visible: true }).all()) {
      const size = await box.boundingBox();
      if (size) expect(size.height).toBeGreaterThanOrEqual(43);
    }
  }
  await page.locator('#phase-2').evaluate((heading) => heading.scrollIntoView());
  await picture(page, 'form-ja-phone');
}, 60_000);

test('the page shows its style under the strict policy, and says nothing of it to the console', async () => {
  const inspection = await followedUp('en');
  const { token } = await ground.link(inspection);
  const context = await browser.newContext({ viewport: DESKTOP });
  contexts.push(context);
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('requestfailed', (request) => said.push(request.url()));
  await page.goto(`${ground.url}/a/${token}?lang=en`);
  const colour = await page.getByRole('button', { name: 'Check and submit' }).evaluate(
    // The test's types know no browser.
    (button) => (globalThis as any).getComputedStyle(button).backgroundColor as string,
  );
  expect(colour).toBe('rgb(10, 74, 130)');
  // A browser asks for an icon of every site.
  expect(said.filter((line) => !line.includes('favicon'))).toEqual([]);
  await picture(page, 'form-en');
}, 60_000);

const WORDS = {
  ja: ['携帯電話会社2社はIVR認証に対応しました。', '残りの1社はいつ対応しますか。'],
  en: ['Two of three telephone companies use the IVR call-back.', 'When does the third one follow?'],
} as const;

/** A unit that has answered and is asked again. */
async function followedUp(lang: 'ja' | 'en'): Promise<string> {
  const [said, back] = WORDS[lang];
  const inspection = await unit();
  const asked = questionnaire(inspection);
  await ground.put({
    ...asked,
    items: asked.items.map((item) =>
      item.item === 'link-two-factor'
        ? {
            ...item,
            thread: [
              {
                from: 'provider',
                at: START,
                claim: 'partly',
                text: said,
              },
              { from: 'bank', at: plus(START, 90 * MINUTE), text: back },
            ],
            current: {
              claim: 'partly',
              text: said,
              evidence: [],
              dueBy: '2020-12-15',
            },
            asksAgain: back,
          }
        : item,
    ),
  });
  return inspection;
}
