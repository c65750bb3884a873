import type { Remedy } from '../../text/remedy.js';

/** A stable code, what is wrong (to follow the described target, without a full stop), and what to do. */
export type Sentences = readonly [code: string, problem: string, remedy: Remedy];
