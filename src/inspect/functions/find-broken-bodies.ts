import { TRUSTED_BY_SESSION } from '../../catalog/trusted-roles.js';
import type pg from '../../postgres/driver/pg.js';
import pgDriver from '../../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY, textArray } from '../../postgres/driver/search-path.js';
import { INSUFFICIENT_PRIVILEGE, QUERY_CANCELED } from '../../postgres/errors/sql-states.js';
import type { BrokenBody, CheckedFunction } from './checked-function.js';
import { findUnknownNames } from './find-unknown-names.js';

/** How the bodies of functions were checked. */
export interface BodyCheck {
  readonly broken: readonly BrokenBody[];
  /**
   * What checked the bodies in PL/pgSQL: the extension plpgsql_check, or, if the database does not have it, a search for
   * the names in them. Null if there is no such function.
   */
  readonly plpgsqlCheckedBy: 'plpgsql_check' | 'names' | null;
}

/** The functions that have a body as text. PostgreSQL itself keeps those of the SQL standard in step with the catalog. */
const queryOfFunctions = (schemas: readonly string[], path: string) => `select
  pg_proc.oid::text as oid,
  format('%I.%I(%s)', nspname, proname, oidvectortypes(proargtypes)) as name,
  lanname as language,
  case when lanname = 'plpgsql' then pg_get_functiondef(pg_proc.oid) else '' end as definition,
  coalesce(
    (select substr(setting, 13) from unnest(proconfig) as setting where starts_with(setting, 'search_path=')),
    ${pgDriver.escapeLiteral(path)}
  ) as path,
  coalesce(
    (
      select json_agg(json_build_object('table', tgrelid::text, 'oldTable', tgoldtable, 'newTable', tgnewtable))
      from pg_trigger
      where tgfoid = pg_proc.oid and not tgisinternal and tgparentid = 0
    ),
    '[]'
  ) as triggers,
  prorettype = 'trigger'::regtype as "isTrigger",
  proowner = any (${TRUSTED_BY_SESSION})
    and exists (select from unnest(proconfig) as setting where starts_with(setting, 'search_path=')) as "isTrusted"
from pg_proc
join pg_namespace on pg_namespace.oid = pronamespace
join pg_language on pg_language.oid = prolang
where nspname = any (${textArray(schemas)})
  and lanname in ('sql', 'plpgsql')
  and prosqlbody is null
  and prorettype <> 'event_trigger'::regtype
  and not exists (
    select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e'
  )
order by 2`;

/**
 * Finds the functions whose bodies name objects that the catalog does not have, as after a rename. PostgreSQL checks the
 * body of a function only when it is created and when it runs.
 *
 * The server itself checks functions in SQL. The extension plpgsql_check checks those in PL/pgSQL, if the database has it;
 * otherwise their tables, columns and functions are looked up by name. The same holds for functions of roles that this session
 * does not trust, and for those without a search path, since plpgsql_check may execute functions.
 *
 * @param client in a read-only transaction
 * @param schemas the schemas to read
 * @param path the search path of a new session
 */
export async function findBrokenBodies(
  client: pg.Client,
  schemas: readonly string[],
  path: string,
): Promise<BodyCheck> {
  const functions = await queryRows<CheckedFunction>(client, queryOfFunctions(schemas, path));
  const [extension] = await queryRows<{ schema: string }>(
    client,
    `select quote_ident(nspname) as schema from pg_extension
     join pg_namespace on pg_namespace.oid = extnamespace where extname = 'plpgsql_check'`,
  );
  const sql = functions.filter(({ language }) => language === 'sql');
  const plpgsql = functions.filter(({ language }) => language === 'plpgsql');
  const broken: BrokenBody[] = [];
  for (const checked of sql) broken.push(...(await validate(client, checked)));
  if (plpgsql.length === 0) return { broken, plpgsqlCheckedBy: null };
  const isPlanned = ({ isTrusted }: CheckedFunction): boolean => extension !== undefined && isTrusted;
  for (const checked of plpgsql.filter(isPlanned)) {
    broken.push(...(await checkBody(client, checked, extension?.schema ?? '')));
  }
  const others = plpgsql.filter((checked) => !isPlanned(checked));
  broken.push(...(await findUnknownNames(client, others)));
  return { broken, plpgsqlCheckedBy: extension === undefined ? 'names' : 'plpgsql_check' };
}

/** Runs the validator of the language, which parses the body and looks up its names, and executes nothing. */
async function validate(
  client: pg.Client,
  { oid, name, path }: CheckedFunction,
): Promise<readonly BrokenBody[]> {
  const { problem } = await probe(client, path, `select from pg_catalog.fmgr_sql_validator(${oid})`);
  return problem === null ? [] : [{ name, problem }];
}

async function checkBody(
  client: pg.Client,
  { oid, name, path, triggers, isTrigger }: CheckedFunction,
  schema: string,
): Promise<readonly BrokenBody[]> {
  const callers = isTrigger ? triggers : [{ table: '0', oldTable: null, newTable: null }];
  const problems = new Set<string>();
  for (const { table, oldTable, newTable } of callers) {
    const transition = [
      ...(oldTable === null ? [] : [`oldtable => ${pgDriver.escapeLiteral(oldTable)}`]),
      ...(newTable === null ? [] : [`newtable => ${pgDriver.escapeLiteral(newTable)}`]),
    ];
    const { problem, rows } = await probe<{ lineno: number | null; message: string }>(
      client,
      path,
      `select lineno, message
from ${schema}.plpgsql_check_function_tb(${[`funcoid => ${oid}`, `relid => ${table}`, 'fatal_errors => false', ...transition].join(', ')})
where level operator(pg_catalog.=) 'error'`,
    );
    if (problem !== null) problems.add(problem);
    for (const { lineno, message } of rows)
      problems.add(lineno === null ? message : `line ${lineno}: ${message}`);
  }
  return [...problems].map((problem) => ({ name, problem }));
}

/** Runs a query with the search path of a function. An error of the server is the problem of the function. */
async function probe<Row extends object>(
  client: pg.Client,
  path: string,
  sql: string,
): Promise<{ readonly problem: string | null; readonly rows: readonly Row[] }> {
  await client.query(
    `savepoint probing; select from pg_catalog.set_config('search_path', ${pgDriver.escapeLiteral(path)}, true)`,
  );
  try {
    const { rows } = await client.query<Row>(sql);
    await client.query(`${SYSTEM_NAMES_ONLY}; release savepoint probing`);
    return { problem: null, rows };
  } catch (error) {
    if (!(error instanceof pgDriver.DatabaseError)) throw error;
    await client.query(`rollback to savepoint probing; ${SYSTEM_NAMES_ONLY}`);
    return { problem: describeProblem(error), rows: [] };
  }
}

/** Messages of class 42 name objects of the catalog, and no value of a row. */
function describeProblem({ code = '', message }: pg.DatabaseError): string {
  if (code === INSUFFICIENT_PRIVILEGE) return 'not checked: this role may not call it';
  if (code === QUERY_CANCELED) return 'not checked: it took too long';
  return code.startsWith('42') || code.startsWith('3F') ? message : `SQLSTATE ${code}`;
}
