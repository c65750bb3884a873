-- Synthetic data: the telephone numbers. They belong to nobody:
--   - United Kingdom (slots 0 to 16999): numbers that Ofcom reserves for drama, geographic, 01632 and mobile.
--     https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
--   - United States (slots 0 to 9999): 555-0100 to 555-0199, which the numbering plan reserves for fiction, in 100 area codes.
--     https://en.wikipedia.org/wiki/555_(telephone_number)
--   - Italy (slots 0 to 999999999) reserves no numbers for fiction. These begin with +39 6: the first digit 6 of the national
--     plan is reserved for future needs, so no service has it. Numbers of Rome begin with +39 06.
--     https://old.agcom.it/piano-di-numerazione
--
-- The function lasts as long as the session. The other files need it in their transaction.

create or replace function pg_temp.synthetic_phone_number(country text, slot integer)
returns text
language sql
immutable
return
  case country
    when 'uk' then '+44' || (
        array[
          '113496', '114496', '115496', '116496', '117496', '118496', '121496', '131496', '141496', '151496', '161496',
          '207946', '191498', '289018', '292018', '163296', '770090'
        ]
      )[1 + slot / 1000] || lpad((slot % 1000)::text, 4, '0')
    when 'us' then '+1' || (
        array[
          205, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 229, 231, 234, 239, 240, 248, 251, 252, 253,
          254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309, 310, 312, 313,
          314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 334, 336, 337, 339, 347, 351, 352, 360, 361,
          385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425,
          430, 432, 434, 435, 440, 443, 469, 470, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509
        ]
      )[1 + slot / 100]::text || '55501' || lpad((slot % 100)::text, 2, '0')
    else '+396' || lpad(slot::text, 9, '0')
  end;
