// A list: fetched when told, with the browser's own notification for what is new.

import { useState } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { useBroadcastNotifications } from '../generated/notifications/useBroadcastNotifications';

interface Item {
  id: string;
  title: string;
}

export function NotificationCenter({ supabase, userId }: { supabase: SupabaseClient; userId: string }) {
  const [items, setItems] = useState<Item[]>([]);
  const channel = useBroadcastNotifications({
    supabase,
    id: userId,
    refetch: async () => {
      const { data } = await supabase.from('notifications').select('id, title').throwOnError();
      setItems(data);
    },
    onMessage: ({ event }) => {
      if (event === 'notifications_created' && Notification.permission === 'granted') {
        new Notification('New notification', { body: 'You have a new notification', icon: '/favicon.ico' });
      }
    },
  });
  return (
    <section aria-busy={channel.status === 'joining'}>
      {channel.status === 'lost' && <p role="status">Connecting again …</p>}
      <ul>
        {items.map((item) => (
          <li key={item.id}>{item.title}</li>
        ))}
      </ul>
    </section>
  );
}
