import { createRequire } from 'node:module';

// At its start `pg` asks whether it runs at Cloudflare: by `navigator`, and where that is missing, as in Node.js 20, by
// making a `Response`, for which Node.js loads its whole HTTP client. That is a quarter of the time of an `up` with
// nothing to do, so while `pg` is loaded there is a `navigator`.
if (!('navigator' in globalThis)) {
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Node.js' }, configurable: true });
  try {
    createRequire(import.meta.url)('pg');
  } finally {
    Reflect.deleteProperty(globalThis, 'navigator');
  }
}
