import type pg from '../../postgres/driver/pg.js';
import { queryRows, textArray } from '../../postgres/driver/search-path.js';

/** A publication with which the server refuses every update and delete of a table. */
export interface BlockingPublication {
  readonly publication: string;
  readonly table: string;
}

/**
 * Finds the publications that stop writes. A publication that publishes updates or deletes needs the replica identity of each
 * row: the server refuses them for a table without one, and if the row filter uses a column that the identity lacks, or the list
 * of columns lacks one of the identity.
 *
 * @param schemas the schemas whose tables matter
 */
export function readBlockingPublications(
  client: pg.Client,
  schemas: readonly string[],
): Promise<readonly BlockingPublication[]> {
  return queryRows<BlockingPublication>(
    client,
    `with published as (
  select pg_publication.oid as publication, pg_publication.pubname, pg_class.oid as relation, relreplident
  from pg_publication
  join pg_publication_tables on pg_publication_tables.pubname = pg_publication.pubname
  join pg_namespace on nspname = schemaname
  join pg_class on relnamespace = pg_namespace.oid and relname = tablename
  where (pubupdate or pubdelete)
    and nspname = any (${textArray(schemas)})
    -- A table that holds nothing but its lock.
    and not exists (
      select from pg_constraint where conrelid = pg_class.oid and contype = 'c' and pg_get_constraintdef(oid) = 'CHECK (false)'
    )
),
identity as (
  select published.*, array(
    select attnum
    from pg_attribute
    where attrelid = relation
      and attnum > 0
      and not attisdropped
      and (
        relreplident = 'f'
        or exists (
          select from pg_index
          where indrelid = relation
            and attnum = any (indkey)
            and case relreplident when 'd' then indisprimary when 'i' then indisreplident else false end
        )
      )
  ) as columns
  from published
)
select quote_ident(pubname) as publication, relation::regclass::text as table
from identity
left join pg_publication_rel as own on prpubid = publication and prrelid = relation
where columns = '{}'
  or (prattrs is not null and not columns <@ prattrs::smallint[])
  or exists (
    -- The columns that the tree of the row filter names.
    select from regexp_matches(prqual::text, ':varattno (\\d+)', 'g') as used
    where used[1]::smallint <> all (columns)
  )
order by 1, 2`,
  );
}
