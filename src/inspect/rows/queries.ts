import { CALL_QUERIES } from './queries/calls.js';
import { FACT_QUERIES } from './queries/facts.js';
import { LIFECYCLE_QUERIES } from './queries/lifecycles.js';
import { OUTCOME_QUERIES } from './queries/outcomes.js';
import type { RowQuery } from './queries/row-query.js';
import { VALUE_QUERIES } from './queries/values.js';

/** The queries, in the order of the rules. */
export const ROW_QUERIES: readonly RowQuery[] = [
  ...CALL_QUERIES,
  ...FACT_QUERIES,
  ...OUTCOME_QUERIES,
  ...LIFECYCLE_QUERIES,
  ...VALUE_QUERIES,
];
