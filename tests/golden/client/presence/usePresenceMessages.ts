'use client';
// Who is here, on thread:<id>:presence: the state that public.messages would hold, kept by the connection.
// Made from the same design as the SQL: change it there.

import { messagesPresenceTopic } from './messagesPresence';
import { usePresence, type UsePresenceOptions, type UsePresenceResult } from './usePresence';

/** Show one's own state to the others of this id, and theirs here, while this component is shown. */
export function usePresenceMessages<State extends Record<string, unknown>>(
  options: UsePresenceOptions<State>,
): UsePresenceResult<State> {
  return usePresence(messagesPresenceTopic, options);
}
