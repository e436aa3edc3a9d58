// A real Supabase client whose connection ends in the test.

import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Server } from './socket';

export const ANONYMOUS = 'anonymous-key';

export interface ClientOptions {
  /** Milliseconds until the user's token is known. */
  tokenAfter?: number;
  token?: string;
  /** Answers what is asked of the data API. */
  fetch?: typeof fetch;
}

export function connectTo(server: Server, options: ClientOptions = {}): SupabaseClient {
  const { tokenAfter = 0, token = 'token-of-ann' } = options;
  return createClient('http://localhost:1', ANONYMOUS, {
    accessToken: async () => {
      await new Promise((resolve) => setTimeout(resolve, tokenAfter));
      return token;
    },
    ...(options.fetch ? { global: { fetch: options.fetch } } : {}),
    realtime: { transport: server.transport },
  });
}
