// The far end of a WebSocket, in memory: it speaks as much of Realtime's channel protocol as supabase-js needs here.
// The real client runs unchanged on it, timers and all.

type Frame = [joinRef: string | null, ref: string | null, topic: string, event: string, payload: Payload];
type Payload = Record<string, unknown>;

export interface Join {
  topic: string;
  config: { private: boolean; presence: Payload; postgres_changes: Payload[]; broadcast: Payload };
  token: string | undefined;
}

/** What the tests see of the server, and the faults that they ask for. */
export class Server {
  joins: Join[] = [];
  left: string[] = [];
  calls: { event: string; payload: unknown }[] = [];
  refusal: string | null = null;
  leaveAfter = 0;
  private sockets = new Set<FarEnd>();
  private members = new Map<string, { socket: FarEnd; joinRef: string | null }>();

  /** The class that supabase-js takes as its transport. */
  get transport(): typeof WebSocket {
    const server = this;
    return class extends FarEnd {
      constructor() {
        super(server);
      }
    } as unknown as typeof WebSocket;
  }

  get topics(): string[] {
    return [...this.members.keys()];
  }

  broadcast(topic: string, event: string, payload: Payload = {}): void {
    this.send(topic, 'broadcast', { type: 'broadcast', event, payload });
  }

  change(topic: string, data: Payload): void {
    this.send(topic, 'postgres_changes', { ids: [1], data });
  }

  system(topic: string, payload: Payload): void {
    this.send(topic, 'system', { channel: topic, ...payload });
  }

  /** The connection goes away under everyone. */
  drop(): void {
    this.members.clear();
    for (const socket of [...this.sockets]) socket.lost();
  }

  /** The server closes a channel, as it does when a token has expired. */
  close(topic: string): void {
    this.send(topic, 'phx_close', {});
    this.members.delete(topic);
  }

  send(topic: string, event: string, payload: Payload): void {
    const member = this.members.get(topic);
    member?.socket.deliver([member.joinRef, null, `realtime:${topic}`, event, payload]);
  }

  opened(socket: FarEnd): void {
    this.sockets.add(socket);
  }

  gone(socket: FarEnd): void {
    this.sockets.delete(socket);
  }

  heard(socket: FarEnd, [joinRef, ref, topic, event, payload]: Frame): void {
    const name = topic.replace(/^realtime:/, '');
    const reply = (status: string, response: Payload): void =>
      socket.deliver([joinRef, ref, topic, 'phx_reply', { status, response }]);
    if (event === 'phx_join') {
      const config = payload['config'] as Join['config'];
      this.joins.push({ topic: name, config, token: payload['access_token'] as string | undefined });
      if (this.refusal !== null) return reply('error', { reason: this.refusal });
      this.members.set(name, { socket, joinRef });
      return reply('ok', { postgres_changes: config.postgres_changes.map((wanted) => ({ id: 1, ...wanted })) });
    }
    if (event === 'phx_leave') {
      this.members.delete(name);
      this.left.push(name);
      setTimeout(() => reply('ok', {}), this.leaveAfter);
      return;
    }
    if (event === 'presence') this.calls.push({ event: String(payload['event']), payload: payload['payload'] });
    if (event !== 'access_token') reply('ok', {});
  }
}

class FarEnd {
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readyState = 0;
  binaryType = 'arraybuffer';
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(private server: Server) {
    setTimeout(() => {
      this.readyState = 1;
      server.opened(this);
      this.onopen?.();
    }, 1);
  }

  send(data: string): void {
    setTimeout(() => this.readyState === 1 && this.server.heard(this, JSON.parse(data) as Frame), 1);
  }

  deliver(frame: Frame): void {
    setTimeout(() => this.readyState === 1 && this.onmessage?.({ data: JSON.stringify(frame) }), 1);
  }

  close(code = 1000, reason = ''): void {
    this.readyState = 3;
    this.server.gone(this);
    setTimeout(() => this.onclose?.({ code, reason }), 1);
  }

  lost(): void {
    this.close(1006, 'lost');
  }
}
