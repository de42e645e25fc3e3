/**
 * Imported before anything else by a worker: every process that runs workflows or computes with dates does so in UTC,
 * wherever it stands. A replay in another zone would differ otherwise.
 */
process.env['TZ'] = 'UTC';
