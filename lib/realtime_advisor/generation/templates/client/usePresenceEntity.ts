'use client';
// $about

import { entityPresenceTopic } from './entityPresence';
import { usePresence, type UsePresenceOptions, type UsePresenceResult } from './usePresence';

/** Show one's own state to the others of this id, and theirs here, while this component is shown. */
export function usePresenceEntity<State extends Record<string, unknown>>(
  options: UsePresenceOptions<State>,
): UsePresenceResult<State> {
  return usePresence(entityPresenceTopic, options);
}
