// The sandbox's channel server, driven by lines of JSON: a real database behind a real WebSocket.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { WebSocket } from 'ws';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

// Long enough for a server that has yet to be set up on a busy machine; nothing that works takes as long.
const OPENED = 280_000;
const ANSWERED = 120_000;
const ENDED = 120_000;

interface Greeting {
  url: string;
  anon: string;
}

export class Gateway {
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private complaint = '';
  private clients: SupabaseClient[] = [];
  private greeting: Greeting = { url: '', anon: '' };

  private constructor(private process: ChildProcessWithoutNullStreams) {
    createInterface({ input: process.stdout }).on('line', (line) => this.waiting.shift()?.resolve(line));
    process.stderr.on('data', (text: Buffer) => (this.complaint += String(text)));
    const fail = (why: string): void => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error(`The channel server ended: ${why}`));
    };
    process.on('error', (error) => fail(error.message));
    process.on('exit', () => fail(this.complaint));
  }

  static async open(): Promise<Gateway> {
    const python = process.env['SANDBOX_PYTHON'] ?? here('../../.venv/bin/python');
    const env = { ...process.env, PYTHONPATH: here('../../lib') };
    const gateway = new Gateway(spawn(python, ['-m', 'realtime_advisor.sandbox.gateway'], { env }));
    const greeting = gateway.line();
    gateway.greeting = JSON.parse(await gateway.within(OPENED, greeting, 'told its address')) as Greeting;
    return gateway;
  }

  async close(): Promise<void> {
    for (const client of this.clients) await client.removeAllChannels();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.stdin.end();
    await this.within(ENDED, ended, 'ended after its input');
  }

  async ask<Answer = unknown>(command: object): Promise<Answer> {
    const answer = this.line();
    this.process.stdin.write(JSON.stringify(command) + '\n');
    const words = JSON.stringify(command).slice(0, 300);
    const said = JSON.parse(await this.within(ANSWERED, answer, `answered ${words}`)) as { error?: string };
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

  /** The result, or an error that says what was waited for; the server that has not done it is ended. */
  private async within<Result>(milliseconds: number, result: Promise<Result>, done: string): Promise<Result> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.process.kill('SIGKILL');
        reject(new Error(`The channel server has not ${done} within ${milliseconds / 1000} s. ${this.complaint}`));
      }, milliseconds);
    });
    result.catch(() => {}); // ending the server fails it too, and the reason is told already
    return Promise.race([result, late]).finally(() => clearTimeout(timer));
  }

  private line(): Promise<string> {
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }
}
