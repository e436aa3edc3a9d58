// The sandbox's channel server, driven by lines of JSON: a real database behind a real WebSocket.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Greeting {
  url: string;
  anon: string;
}

export class Gateway {
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private clients: SupabaseClient[] = [];
  private greeting: Greeting = { url: '', anon: '' };

  private constructor(private process: ChildProcessWithoutNullStreams) {
    createInterface({ input: process.stdout }).on('line', (line) => this.waiting.shift()?.resolve(line));
    let complaint = '';
    process.stderr.on('data', (text: Buffer) => (complaint += String(text)));
    const fail = (why: string): void => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`The channel server ended: ${why}`));
    };
    process.on('error', (error) => fail(error.message));
    process.on('exit', () => fail(complaint));
  }

  static async open(): Promise<Gateway> {
    const python = process.env['SANDBOX_PYTHON'] ?? here('../../.venv/bin/python');
    const env = { ...process.env, PYTHONPATH: here('../../lib') };
    const gateway = new Gateway(spawn(python, ['-m', 'realtime_advisor.sandbox.gateway'], { env }));
    gateway.greeting = JSON.parse(await gateway.line()) as Greeting;
    return gateway;
  }

  async close(): Promise<void> {
    for (const client of this.clients) await client.removeAllChannels();
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end();
    await ended;
  }

  async ask<Answer = unknown>(command: object): Promise<Answer> {
    const answer = this.line();
    this.process.stdin.write(JSON.stringify(command) + '\n');
    const said = JSON.parse(await answer) as { error?: string };
    if (said.error !== undefined) throw new Error(said.error);
    return said as Answer;
  }

  async sql<Row = Record<string, unknown>>(sql: string): Promise<Row[]> {
    return (await this.ask<{ rows: Row[] }>({ sql })).rows;
  }

  /** Install a generated design with its tables, as the scripts' steps ask to be run. */
  async install(design: string): Promise<void> {
    const steps = JSON.parse(readFileSync(here(`generated/${design}/install.json`), 'utf8')) as string[];
    for (const step of steps) await this.sql(step);
  }

  /** A real client whose user this is. */
  async connect(user: string): Promise<SupabaseClient> {
    const { token } = await this.ask<{ token: string }>({ token: { sub: user } });
    const client = createClient(this.greeting.url, this.greeting.anon, {
      accessToken: async () => token,
      realtime: { transport: WebSocket as unknown as typeof globalThis.WebSocket, reconnectAfterMs: () => 100 },
    });
    this.clients.push(client);
    return client;
  }

  private line(): Promise<string> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}
