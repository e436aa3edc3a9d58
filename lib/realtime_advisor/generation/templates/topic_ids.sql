-- An id as a word of a topic: all but A-Z a-z 0-9 - . _ ~ is percent-encoded, so that no id can be taken for
-- another, nor for a part of the topic. A client does the same by
--   encodeURIComponent(id).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase())
create or replace function realtime_advisor.encode_id(id text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $function$
begin
  if id collate "C" ~ '^[A-Za-z0-9._~-]*$' then
    return id;
  end if;
  return (
    select string_agg(
      case
        when split.letter collate "C" ~ '[A-Za-z0-9._~-]' then split.letter
        else regexp_replace(upper(encode(convert_to(split.letter, 'UTF8'), 'hex')), '(..)', E'%\\1', 'g')
      end,
      '' order by split.position
    )
    from unnest(string_to_array(id, null)) with ordinality as split(letter, position)
  );
end
$function$;
revoke all on function realtime_advisor.encode_id(text) from public, anon, authenticated;

-- The id that was encoded. What nobody would have encoded so may become anything, or an error.
create or replace function realtime_advisor.decode_id(word text)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = ''
as $function$
begin
  if strpos(word, '%') = 0 then
    return word;
  end if;
  return (
    select convert_from(
      string_agg(
        case
          when length(piece.found[1]) = 3 then decode(substr(piece.found[1], 2), 'hex')
          else convert_to(piece.found[1], 'UTF8')
        end,
        '' order by piece.position
      ),
      'UTF8'
    )
    from regexp_matches(word, '%[0-9A-F]{2}|.', 'g') with ordinality as piece(found, position)
  );
end
$function$;
revoke all on function realtime_advisor.decode_id(text) from public, anon, authenticated;
