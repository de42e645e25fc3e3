import { Refusal } from '../../src/domain/refusal.js';
import { trustedProxies } from '../../src/gateway/forms/trustedProxies.js';
import { C1, openGateway, questionnaire, type Ground } from './support.js';

const open: Ground[] = [];
afterAll(() => Promise.all(open.map((ground) => ground.close())));

async function gateway(trustProxy: readonly string[]): Promise<Ground> {
  const ground = await openGateway({ perLink: 60, guesses: 5 }, trustProxy);
  open.push(ground);
  await ground.put(questionnaire(C1));
  return ground;
}

const guess = async (ground: Ground, forwardedFor: string) =>
  (await fetch(`${ground.url}/a/guessed`, { headers: { 'X-Forwarded-For': forwardedFor } })).status;

test('without trusted proxies a guesser who forges another address each time is stopped all the same', async () => {
  const ground = await gateway([]);
  const statuses = [];
  for (let n = 1; n <= 8; n++) statuses.push(await guess(ground, `203.0.113.${n}`));
  expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429, 429]);
});

test('a caller who is no trusted proxy helps himself nothing either', async () => {
  const ground = await gateway(['192.0.2.7']);
  for (let n = 1; n <= 5; n++) expect(await guess(ground, `203.0.113.${n}`)).toBe(404);
  expect(await guess(ground, '203.0.113.6')).toBe(429);
});

test('behind a trusted proxy each client is counted by himself, and what he forged before it counts nothing', async () => {
  const ground = await gateway(['127.0.0.0/8']);
  for (let n = 1; n <= 5; n++) expect(await guess(ground, `198.51.100.${n}, 203.0.113.9`)).toBe(404);
  // The proxy appends the address that it saw: that one counts, not what its client wrote before it.
  expect(await guess(ground, '198.51.100.6, 203.0.113.9')).toBe(429);
  expect(await guess(ground, '203.0.113.10')).toBe(404);
});

test('addresses and networks are read; names and everybody are refused in a sentence', () => {
  expect(trustedProxies()).toEqual([]);
  expect(trustedProxies(' 10.0.0.5, 10.1.0.0/16 fd00::/8 ')).toEqual(['10.0.0.5', '10.1.0.0/16', 'fd00::/8']);
  for (const wrong of ['proxy.example', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', 'true', '10.0.0.0/'])
    expect(() => trustedProxies(wrong)).toThrow(Refusal);
});
