/**
 * Tries `start` on the first port, then on the following ones while they are taken.
 * @throws what `start` throws: at once for another error, or when `count` ports are taken.
 */
export async function onFirstFreePort<T>(
  first: number,
  count: number,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let port = first; ; port++) {
    try {
      return await start(port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || port >= first + count - 1) throw error;
    }
  }
}
