--: about
:[look_up]if cardinality(:[ids]) between 1 and most_topics then
  :[send_them]
elsif cardinality(:[ids]) > most_topics then
  raise log 'realtime_advisor: % on % touches more than % topics like %: nothing sent',
    tg_op, :'table', most_topics, :'topic';
end if;
