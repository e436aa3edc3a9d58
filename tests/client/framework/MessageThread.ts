// The thread as the decision framework publishes it (its option A), to show what its tests find there. Not to be used.

import type { SupabaseClient } from '@supabase/supabase-js';

export function followThread(supabase: SupabaseClient, threadId: string, append: (message: unknown) => void): void {
  supabase
    .channel(`thread:${threadId}:messages`, {
      config: { private: true },
    })
    .on(
      'postgres_changes',
      {
        event: 'INSERT',
        schema: 'public',
        table: 'messages',
        filter: `thread_id=eq.${threadId}`,
      },
      (payload) => {
        append(payload.new);
      },
    )
    .subscribe();
}
