-- A killed client is noticed in the middle of a long statement too. Some systems cannot, and refuse the setting.
set local client_connection_check_interval = '5s';
