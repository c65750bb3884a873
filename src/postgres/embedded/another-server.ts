/** What to do if the embedded server cannot be used, as the end of a sentence. Test databases ignore `DATABASE_URL`. */
export const SET_URL =
  'set DATABASE_URL (for test databases, TEST_DATABASE_URL) to the address of a PostgreSQL 15 or newer';
