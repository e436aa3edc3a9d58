insert into :[table] (:[columns])
:[overriding]values (:[values])
