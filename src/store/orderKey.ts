import type { Store } from './open.js';

const suffixes = new WeakMap<Store, Promise<string>>();

/**
 * The idempotency key of an order, `function/<target>/order/<n>`. A restored register counts on from an older number,
 * and the channel system remembers the keys that were sent since: its orders say since which restore they count.
 */
export async function orderKey(store: Store, target: string, n: number): Promise<string> {
  let suffix = suffixes.get(store);
  if (!suffix) {
    suffix = readSuffix(store);
    suffixes.set(store, suffix);
    // A register that did not answer is asked again.
    suffix.catch(() => suffixes.delete(store));
  }
  return `function/${target}/order/${n}${await suffix}`;
}

/** A restore happens while no worker runs, so this is read once a process. */
async function readSuffix({ db }: Store): Promise<string> {
  const row = await db.selectFrom('setting').select('value').where('name', '=', 'restored').executeTakeFirst();
  return row ? `/since/${row.value}` : '';
}
