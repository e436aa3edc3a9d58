select pg_temp.joins(:'claims', :'action', :'extension', :'topic', :'wanted', :'what');
