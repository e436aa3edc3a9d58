-- Ann writes something into her own thread, then asks for the messages of Bob's.
update message_threads set topic = 'thread:' || id || ':messages'
where id = '00000000-0000-0000-0000-000000000021';
