// @ts-check
// Calls `up` of the voicesurvey-db library.
const [entry = '', directory = '', url = ''] = process.argv.slice(2);
/** @type {typeof import('../../../src/index.js')} */
const { up } = await import(entry);
await up({ url, directory });
