// @ts-check
// Calls `up` of the voicesurvey-db library and prints each event with its time, one JSON document per line.
const [entry = '', directory = '', url = ''] = process.argv.slice(2);
/** @type {typeof import('../../src/index.js')} */
const { up } = await import(entry);
const print = (/** @type {object} */ event) =>
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
try {
  await up({ url, directory, onEvent: print });
  print({ kind: 'done' });
} catch (error) {
  print({ kind: 'failed', message: String(error) });
}
