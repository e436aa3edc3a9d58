// Counters of several tables: one feed, at most one fetch in two seconds.

import { useState } from 'react';
import type { SupabaseClient } from '@supabase/supabase-js';
import { useBroadcastDashboardFeed } from '../generated/dashboard/useBroadcastDashboardFeed';

export function DashboardStats({ supabase, tenantId }: { supabase: SupabaseClient; tenantId: string }) {
  const [documents, setDocuments] = useState(0);
  useBroadcastDashboardFeed({
    supabase,
    id: tenantId,
    refetch: async () => {
      const { count } = await supabase.from('documents').select('*', { count: 'exact', head: true }).throwOnError();
      setDocuments(count ?? 0);
    },
    spacing: 2000,
    interval: 120_000,
  });
  return <output>{documents} documents</output>;
}
