import { isIP } from 'node:net';
import { Refusal } from '../../domain/refusal.js';

/**
 * The proxies that may say who a client is (`X-Forwarded-For`), as `HIKESHI_FORMS_TRUST_PROXY` names them: addresses or
 * networks (CIDR) with a blank or comma between. None unless set: whoever may say who he is has no limit to his guesses.
 * @throws Refusal for a name, a malformed network, and for networks that hold everybody
 */
export function trustedProxies(text = ''): string[] {
  return text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((each) => {
      const [address = '', prefix, ...more] = each.split('/');
      const family = isIP(address);
      const bits = Number(prefix ?? 1);
      const fits = family !== 0 && more.length === 0 && /^\d{1,3}$/.test(prefix ?? '1');
      if (fits && bits >= 1 && bits <= (family === 4 ? 32 : 128)) return each;
      throw new Refusal({
        en: `HIKESHI_FORMS_TRUST_PROXY must list addresses or networks of your own proxies, for example 10.0.0.5 or 10.0.0.0/24; "${each}" is none. Names, and networks that hold every address, are not taken.`,
        ja: `HIKESHI_FORMS_TRUST_PROXY には、自社プロキシのアドレスかネットワーク（例: 10.0.0.5、10.0.0.0/24）を指定してください。「${each}」は使えません。ホスト名や、全アドレスを含むネットワークは指定できません。`,
      });
    });
}
