import { mkdirSync, writeFileSync } from 'node:fs';
import { launchChromium } from '../support/chromium.js';
import { openLiveWorld } from '../support/liveWorld.js';

test('scratch', async () => {
  const t0 = Date.now();
  const tick = (what: string) => process.stderr.write(`${((Date.now() - t0) / 1000).toFixed(1)} ${what}\n`);
  const world = await openLiveWorld({ name: 'scratch', webUi: true, policy: { suspension: { reviewEvery: 'PT1H', watchFor: 'PT1H', siblingsWithin: 'PT1H' } } });
  tick('world');
  await world.startWorker();
  tick('worker');
  mkdirSync('/tmp/shots', { recursive: true });
  const browser = await launchChromium();
  tick('browser ' + browser.version());
  try {
    const handle = await world.operator.suspend('ui', ['mijica-transfer'], { failedControl: 'member-login-detection' });
    await world.operator.stage(handle.workflowId, 'PROPOSED');
    tick('proposed');
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
    const url = `${world.uiUrl}/namespaces/${world.namespace}/workflows/${encodeURIComponent(handle.workflowId)}`;
    await page.goto(url);
    await page.waitForTimeout(4000);
    tick('page ' + page.url());
    await page.screenshot({ path: '/tmp/shots/1.png' });
    writeFileSync('/tmp/shots/1.html', await page.content());
    writeFileSync('/tmp/shots/1.txt', await page.innerText('body'));
    await page.goto(`${world.uiUrl}/namespaces/${world.namespace}/workflows/start-workflow`);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: '/tmp/shots/2.png' });
    writeFileSync('/tmp/shots/2.html', await page.content());
    tick('start page');
  } finally {
    await browser.close();
    await world.close();
    tick('closed');
  }
}, 120_000);
