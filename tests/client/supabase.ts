// A real Supabase client whose connection ends in the test.

import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import type { Server } from './socket';

export const ANONYMOUS = 'anonymous-key';

export interface ClientOptions {
  /** Milliseconds until the user's token is known. */
  tokenAfter?: number;
  token?: string;
}

export function connectTo(server: Server, { tokenAfter = 0, token = 'token-of-ann' }: ClientOptions = {}): SupabaseClient {
  return createClient('http://localhost:1', ANONYMOUS, {
    accessToken: async () => {
      await new Promise((resolve) => setTimeout(resolve, tokenAfter));
      return token;
    },
    realtime: { transport: server.transport },
  });
}
