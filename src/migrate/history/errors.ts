import { ExplainedError } from '../../postgres/errors.js';

/** Files and history contradict each other: changed, missing, late or unknown migrations. */
export class HistoryError extends ExplainedError {}
