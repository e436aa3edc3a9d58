revoke all on function realtime_advisor.:"function"(text, text) from public, anon;
grant execute on function realtime_advisor.:"function"(text, text) to authenticated;
