import fc from 'fast-check';
import { issueToken, readToken, TOKEN_LENGTH, tokenSubject, type TokenKey } from '../../src/connectors/token.js';
import { instant, type Instant } from '../../src/domain/instant.js';

const key: TokenKey = { id: '2020-09', bytes: Buffer.alloc(32, 1) };
const newer: TokenKey = { id: '2020-10', bytes: Buffer.alloc(32, 2) };
const subject = tokenSubject('providerInspection/R2020/c1/request/1');
const expiresAt = '2020-11-09T03:00:00.000Z' as Instant;
const before = '2020-11-09T02:59:59.999Z' as Instant;
const content = { purpose: 'access', subject, expiresAt } as const;
const token = issueToken(content, key);

describe('a token', () => {
  test('fits a web address and, with a prefix, the local part of a mail address in any case of letters', () => {
    expect(token).toMatch(/^[a-z2-7]+$/);
    expect(token).toHaveLength(TOKEN_LENGTH);
    expect(readToken(token.toUpperCase(), [key], before, 'access')).toEqual({ kind: 'valid', ...content });
  });

  test('tells what was put in, whatever it is, and is the same each time', () => {
    const anySubject = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Buffer.from(bytes).toString('hex'));
    const anySecond = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(anySubject, anySecond, (id, second) => {
        const expiry = instant(second * 1000);
        const given = { purpose: 'mail', subject: id, expiresAt: expiry } as const;
        const text = issueToken(given, key);
        expect(issueToken(given, key)).toBe(text);
        expect(readToken(text, [newer, key], instant(second * 1000 - 1), 'mail')).toEqual({ kind: 'valid', ...given });
      }),
    );
  });

  test('is expired from its instant on, and only if it is genuine', () => {
    expect(readToken(token, [key], expiresAt, 'access').kind).toBe('expired');
    expect(readToken(token, [newer], expiresAt, 'access').kind).toBe('forged');
  });

  test('of one purpose does not serve another', () => {
    expect(readToken(token, [key], before, 'mail')).toEqual({ kind: 'forged' });
  });

  test('stays valid under an old key and is forged under none', () => {
    expect(readToken(token, [newer, key], before, 'access').kind).toBe('valid');
    expect(readToken(token, [newer], before, 'access')).toEqual({ kind: 'forged' });
    const sameMark: TokenKey = { id: key.id, bytes: newer.bytes };
    expect(readToken(token, [sameMark], before, 'access')).toEqual({ kind: 'forged' });
    expect(readToken(token, [sameMark, key], before, 'access').kind).toBe('valid');
  });

  test('with one changed character is not taken, wherever it is', () => {
    const letters = 'abcdefghijklmnopqrstuvwxyz234567';
    fc.assert(
      fc.property(fc.nat(TOKEN_LENGTH - 1), fc.nat(31), (at, to) => {
        fc.pre(letters[to] !== token[at]);
        const changed = token.slice(0, at) + letters[to]! + token.slice(at + 1);
        expect(['forged', 'malformed']).toContain(readToken(changed, [key], before, 'access').kind);
      }),
    );
  });

  test.each(['', 'x', `${token}a`, token.slice(1), `${token.slice(0, -1)}!`, '１'.repeat(TOKEN_LENGTH)])(
    'that is none (%p) is malformed',
    (text) => {
      expect(readToken(text, [key], before, 'access')).toEqual({ kind: 'malformed' });
    },
  );
});
