// @ts-check
// A program that calls our library's `up` and tells each event with its moment, one JSON document a line.
const [entry = '', directory = '', url = ''] = process.argv.slice(2);
/** @type {typeof import('../src/index.js')} */
const { up } = await import(entry);
const tell = (/** @type {object} */ event) =>
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...event })}\n`);
try {
  await up({ url, directory, onEvent: tell });
  tell({ kind: 'done' });
} catch (error) {
  tell({ kind: 'failed', message: String(error) });
}
