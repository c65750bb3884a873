/** SQL of a catalog whose names and texts mean something to TypeScript, Markdown, HTML, Mermaid or Graphviz. */
export const NASTY_CATALOG = `
  create schema audit;
  create schema "a.b";
  create schema voicesurvey_rules;

  -- Names that begin with a digit, or have no letter.
  create type "3ds_state" as enum ('none', 'passed');
  create table "2fa_tokens" (id uuid primary key, state "3ds_state" not null, "1st" text);
  create table "123" (id uuid primary key);
  create table "!!!" (id uuid primary key, "???" integer);
  create table "???" (id uuid primary key);

  -- Names of built-in types.
  create type date as enum ('first', 'second');
  create type buffer as enum ('small', 'large');
  create type "record" as enum ('vinyl');
  create type readonly as enum ('yes');
  create type "array" as enum ('[]');
  create type promise as enum ('kept');
  create table visits (
    id uuid primary key, at timestamptz not null, raw bytea not null, which public.date not null,
    names text[] not null, whens public.date[]
  );
  create function iterator() returns integer return 1;
  create function i(constructor integer) returns integer return 1;

  -- Two names that become one.
  create table a_b (id uuid primary key);
  create table "a-b" (id uuid primary key, other uuid references a_b);
  create table "A_B" (id uuid primary key);
  create table "a b" (id uuid primary key);
  create table audit.entries (id uuid primary key);
  create table audit_entries (id uuid primary key, other uuid references audit.entries);
  create table "audit.entries" (id uuid primary key);
  create table "a.b"."c" (id uuid primary key);
  create table a."b.c" (id uuid primary key);
  create type people_row as enum ('one');
  create type find_result as enum ('found');
  create function find() returns integer return 1;
  create function twice(n integer) returns integer return n;
  create function twice(n integer[]) returns integer return 1;
  create function twice_of_integer() returns integer return 1;
  create function unnamed(argument_2 integer, integer) returns integer return $2;

  -- Letters beyond ASCII, and other characters.
  create table "звонки" (id uuid primary key, "имя" text, other uuid references "123");
  create table "हिन्दी" (id uuid primary key);
  create table "日本" (id uuid primary key, "m²" integer, "µ" uuid references "звонки");
  create table "🙂" (id uuid primary key);
  create table "ßtraße" (id uuid primary key);
  create type "enum of ''nasty'' labels" as enum ('it''s', '"', E'\\\\', E'a\\nb', '\${x}', '*/', '##[error]x', '_a_', '|');

  -- Words of the languages.
  create table "class" (pk uuid primary key, fk uuid unique references a_b, uk integer unique);
  create table title (id uuid primary key);
  create table "direction LR" (id uuid primary key, other uuid references title);
  create table "one" (id uuid primary key, "pk-x" integer unique, "direction TB" uuid references "one");
  create table "constructor" ("__proto__" integer, "new" integer, "readonly" integer not null default 1);
  create table _meta_ (id uuid primary key, _name_ text);
  create table enums (id uuid primary key);
  create table "the schema" (id uuid primary key);

  -- Markup.
  create table people (
    id uuid primary key,
    "the ""chief""" uuid references people (id),
    "back\`tick" text default 'a\`b',
    "pi|pe" text default 'x|y',
    "back\\slash|" text default 'a\\|b' check ("back\\slash|" ~ '^(a\\|b)$'),
    "per%cent\\" uuid references people (id),
    "<b>" text default '<script>alert(1)</script>',
    E_host text not null default 'www.public.example' check (e_host <> 'a.public.b')
  );
  comment on table people is E'# Not a heading\\n\\n<script>alert(1)</script> & <b>bold ![x](http://x.test/y) [l](javascript:z)';
  comment on column people."pi|pe" is E'one | two \\\\| \`a|b\` \`c\\\\|d\`\\nthree <img src=x> *a* _b_ ~~c~~ */ ##[error]';
  comment on table "class" is '1. Not a list';
  comment on table title is '- Not a list';
  comment on table "one" is '> Not a quotation';
  comment on table audit.entries is '\`\`\`not a fence';
  comment on table "123" is '---';
  comment on table enums is '[x]: http://x.test';
  create function fire() returns trigger language plpgsql as 'begin return new; end';
  create trigger "a FOR EACH ROW ON b" before update of "pi|pe", "the ""chief""", "<b>" on people
    for each row when (old.id <> new.id) execute function fire();

  -- Types that are not generated.
  create type voicesurvey_rules.hidden as enum ('a', 'b');
  create table voicesurvey_rules.hidden_rows (id integer not null, hidden voicesurvey_rules.hidden);
  create table uses_hidden (id uuid primary key, hidden voicesurvey_rules.hidden not null);
  create function all_hidden() returns setof voicesurvey_rules.hidden_rows language sql as 'select * from voicesurvey_rules.hidden_rows';
`.replace('create table a."b.c"', 'create schema a; create table a."b.c"');

/** The schemas of {@link NASTY_CATALOG}. */
export const NASTY_SCHEMAS = ['public', 'audit', 'a', 'a.b', 'voicesurvey_rules'];
