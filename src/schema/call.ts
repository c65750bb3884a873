import type { Queryable } from './queryable.js';

/** A row of which only some columns may be null. */
export type Known<Row, Nullable extends keyof Row = never> = {
  readonly [Column in keyof Row]: Column extends Nullable ? Row[Column] : NonNullable<Row[Column]>;
};

/** The arguments of a function by their names. One that is undefined gets its default. */
type Arguments = Readonly<Record<string, unknown>>;

/** Calls a function of the API, and returns its rows. */
export async function rows<Row>(database: Queryable, name: string, given: Arguments): Promise<Row[]> {
  const { text, values } = call(name, given);
  return (await database.query(`select * from ${text}`, values)).rows as Row[];
}

/** Calls a function of the API that returns one row. */
export async function row<Row>(database: Queryable, name: string, given: Arguments): Promise<Row> {
  const [only] = await rows<Row>(database, name, given);
  return only as Row;
}

/** Calls a function of the API that returns a value. */
export async function value<Value>(database: Queryable, name: string, given: Arguments): Promise<Value> {
  const { text, values } = call(name, given);
  const result = await database.query(`select ${text} as value`, values);
  return (result.rows[0] as { value: Value }).value;
}

/** An argument of type jsonb: `pg` would make an array of PostgreSQL from an array. */
export function json(argument: unknown): string {
  return JSON.stringify(argument);
}

function call(name: string, given: Arguments): { text: string; values: unknown[] } {
  const present = Object.entries(given).filter(([, argument]) => argument !== undefined);
  const list = present.map(([parameter], index) => `${parameter} => $${index + 1}`);
  return {
    text: `voicesurvey.${name}(${list.join(', ')})`,
    values: present.map(([, argument]) => argument),
  };
}
