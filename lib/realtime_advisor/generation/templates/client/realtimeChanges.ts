// Row changes from Postgres Changes: each told once, in order for each row, with a refetch for what was missed.

import type { RealtimePostgresChangesPayload } from '@supabase/supabase-js';
import { startCatchUp, type CatchUpOptions } from './catchUp';
import { encodeId, join, type ChannelKind, type ChannelState, type RealtimeHost } from './realtimeChannels';

export type Row = Record<string, unknown>;
export type Change<R extends Row = Row> = RealtimePostgresChangesPayload<R>;
export type ChangeEvent = 'INSERT' | 'UPDATE' | 'DELETE';

/** What to subscribe to, as decided; made from the same design as the publication. */
export interface ChangesContract<R extends Row> {
  schema: string;
  table: string;
  events: readonly ChangeEvent[];
  /** The column that a filter compares with the scope's id; null: every row that row level security shows. */
  filterColumn: string | null;
  /** The primary key: which row a change is of. */
  key: readonly string[];
  /** Never there: it only carries the type. */
  row?: R;
}

export interface FollowChangesOptions<R extends Row> extends CatchUpOptions {
  supabase: RealtimeHost;
  contract: ChangesContract<R>;
  id: string | number | bigint;
  /** Applies a change to what is shown. Without it, each change asks for a refetch. */
  onChange?: ((change: Change<R>) => void) | undefined;
  onState?: ((state: ChannelState) => void) | undefined;
}

type Heard = { change: Change } | { system: { status: string; message: string; extension: string } };

/** Keep data fresh by its rows' changes: refetch at the start, on each join, on the tab's return, and slowly. */
export function followChanges<R extends Row>(options: FollowChangesOptions<R>): () => void {
  const { supabase, contract, id, onChange, onState } = options;
  const fetches = new Set<{ overtaken: boolean }>(); // more than one where a refetch was given up
  const refetch = async (): Promise<void> => {
    const fetch = { overtaken: false };
    fetches.add(fetch);
    try {
      await options.refetch();
    } finally {
      fetches.delete(fetch);
      // What came may be from before a change that was applied meanwhile, and have taken it away again.
      if (fetch.overtaken) catchUp.ask();
    }
  };
  const catchUp = startCatchUp({ ...options, refetch });
  const isNews = newsOf(contract.key);
  let failed = false; // the database's subscription, of a channel that is joined
  const filter = contract.filterColumn === null ? null : `${contract.filterColumn}=eq.${filterValue(String(id))}`;
  const membership = join(supabase, channelName(contract, filter), kindOf(contract, filter), {
    onHeard(heard) {
      if ('system' in heard) {
        if (heard.system.extension !== 'postgres_changes') return;
        const failedBefore = failed;
        failed = heard.system.status !== 'ok';
        if (!failed) catchUp.ask(); // only now does the database send: SUBSCRIBED came before
        if (failed) onState?.({ status: 'lost', reason: heard.system.message });
        else if (failedBefore) onState?.({ status: 'joined' });
      } else if (isNews(heard.change)) {
        // A change with errors has no row in it, or a part of one.
        const applied = onChange !== undefined && !heard.change.errors?.length;
        if (!applied) catchUp.ask();
        for (const fetch of fetches) fetch.overtaken ||= applied;
        if (applied) onChange(heard.change as Change<R>);
      }
    },
    onState(state) {
      failed = false;
      if (state.status === 'joined') catchUp.ask();
      onState?.(state);
    },
  });
  return () => {
    membership.leave();
    catchUp.stop();
  };
}

/** Whether a change is news: not one that was told before, nor older than what is known of its row. */
export function newsOf(key: readonly string[], most = 1000): (change: Change) => boolean {
  const known = new Map<string, { at: number; told: string[] }>();
  return (change) => {
    const row: Row = change.eventType === 'DELETE' ? change.old : change.new;
    const at = Date.parse(change.commit_timestamp);
    if (Number.isNaN(at) || key.length === 0 || key.some((column) => row[column] === undefined)) return true;
    const name = JSON.stringify(key.map((column) => row[column]));
    const words = JSON.stringify([change.eventType, change.commit_timestamp, row]);
    const last = known.get(name);
    if (last && (at < last.at || (at === last.at && last.told.includes(words)))) return false;
    // One transaction may change a row twice, with one commit time.
    const told = last && at === last.at ? [...last.told, words] : [words];
    known.delete(name);
    known.set(name, { at, told });
    if (known.size > most) known.delete(known.keys().next().value as string);
    return true;
  };
}

/** A filter's value, quoted where a character of it would end it. */
export function filterValue(value: string): string {
  if (!/[,()"\\]/.test(value) && value === value.trim()) return value;
  return `"${value.replace(/[\\"]/g, (odd) => '\\' + odd)}"`;
}

function kindOf<R extends Row>(contract: ChangesContract<R>, filter: string | null): ChannelKind<Heard> {
  const { schema, table, events } = contract;
  const wanted = { schema, table, ...(filter === null ? {} : { filter }) };
  return {
    config: {}, // not private: row level security on the table decides, not policies on realtime.messages
    bind(channel, tell) {
      const onChange = (change: Change): void => tell({ change });
      if (events.length === 3) channel.on('postgres_changes', { event: '*', ...wanted }, onChange);
      else for (const event of events) channel.on('postgres_changes', { event: event as '*', ...wanted }, onChange);
      channel.on('system', {}, (system) => tell({ system }));
    },
  };
}

function channelName<R extends Row>(contract: ChangesContract<R>, filter: string | null): string {
  const words = [contract.schema, contract.table, contract.events.join('+'), filter ?? 'all'];
  return ['changes', ...words.map(encodeId)].join(':');
}
