/** The same three calls that `settle` makes for a target, without register, lock, numbered order and codec. */
export function createBareActivities(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return {
    async stopTarget(target: string): Promise<string> {
      const order = await fetch(`${url}/v1/functions/${target}`, {
        method: 'PUT',
        headers: { ...headers, 'idempotency-key': `bare/${target}/${Math.random()}` },
        body: JSON.stringify({ status: 'CLOSED', inFlight: 'finish' }),
      });
      await order.text();
      const back = (await (await fetch(`${url}/v1/functions/${target}`, { headers })).json()) as { status: string };
      if (back.status !== 'CLOSED') throw new Error(`${target} is ${back.status}`);
      const probe = await fetch(`${url}/v1/functions/${target}/requests`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ amountYen: 1, purpose: 'test' }),
      });
      await probe.text();
      if (probe.status !== 403) throw new Error(`${target} still answers ${probe.status}`);
      return back.status;
    },
  };
}
