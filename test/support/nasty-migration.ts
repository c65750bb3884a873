import pg from 'pg';

/** A text that a page must show and never obey. */
export const NASTY_TEXT =
  '</script></style></title>--></svg><img src=http://x.test/a onerror=alert(1)><script>alert(2)</script> &lt; "\' `<b>code</b>` \u202E end';

const TEXT = pg.escapeLiteral(NASTY_TEXT);
/** Names have at most 63 bytes. */
export const NASTY_NAME = `"'></code><script>alert(3)</script><img src=x> & #`;
const NAME = pg.escapeIdentifier(NASTY_NAME);

/** A migration in which every name, comment, default and label is {@link NASTY_NAME} or {@link NASTY_TEXT}. */
export const NASTY_MIGRATION = `
create schema ${NAME};
comment on schema ${NAME} is ${TEXT};
create type ${NAME}.${NAME} as enum (${pg.escapeLiteral(NASTY_NAME)}, 'plain');
comment on type ${NAME}.${NAME} is ${TEXT};
create domain ${NAME}."dom<ain" as text constraint ${NAME} check (value <> ${TEXT});
create type ${NAME}."com<posite" as (${NAME} integer);
create table ${NAME}."ta<ble" (
  ${NAME} ${NAME}.${NAME}[] default array[${pg.escapeLiteral(NASTY_NAME)}]::${NAME}.${NAME}[],
  id integer constraint ${NAME} primary key,
  parent integer constraint "ref<erence" references ${NAME}."ta<ble",
  note ${NAME}."dom<ain" default ${TEXT},
  "long_name_without_a_place_to_break_a_line_in_any_of_its_63_letter" text
);
comment on table ${NAME}."ta<ble" is ${TEXT};
comment on column ${NAME}."ta<ble".${NAME} is ${pg.escapeLiteral(`${NASTY_TEXT} Personal data.`)};
comment on constraint ${NAME} on ${NAME}."ta<ble" is ${TEXT};
create index "in<dex" on ${NAME}."ta<ble" (id) where note <> ${TEXT};
comment on index ${NAME}."in<dex" is ${TEXT};
create function ${NAME}.${NAME}(${NAME} text default ${TEXT}, out a integer, out "b<" ${NAME}.${NAME})
language plpgsql as 'begin end';
comment on function ${NAME}.${NAME}(text) is ${TEXT};
create function ${NAME}.fire() returns trigger language plpgsql as 'begin return new; end';
create trigger ${NAME} before update of ${NAME} on ${NAME}."ta<ble" for each row execute function ${NAME}.fire(${TEXT});
comment on trigger ${NAME} on ${NAME}."ta<ble" is ${TEXT};
create view ${NAME}."vi<ew" as select ${NAME} from ${NAME}."ta<ble";
create procedure ${NAME}.proceed(variadic integer[]) language sql as '';
create function ${NAME}.proceed(integer) returns setof ${NAME}."ta<ble" language plpgsql as 'begin end';
create aggregate ${NAME}."sum<" (integer) (sfunc = int4pl, stype = integer);
`;
