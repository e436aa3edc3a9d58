// Who is here, on thread:<id>:presence: the state that public.messages would hold, kept by the connection.
// Made from the same design as the SQL: change it there.

import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the policies open it to the scope's members, this joins it. */
export const messagesPresenceTopic = (id: string | number | bigint): string =>
  'thread:' + encodeKey(id, 'uuid') + ':presence';
