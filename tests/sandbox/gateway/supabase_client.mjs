// The real supabase-js, driven by lines of JSON: {join: topic, config}, {send: [topic, event, payload]}, {track: [topic,
// state]}, {leave: topic}, {auth: token}. Every callback is written as one line.
// Arguments: the folder whose node_modules it uses, the project's URL, the anonymous key, the user's token.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const [folder, url, anonymousKey, token] = process.argv.slice(2)
const load = createRequire(`${folder}/package.json`)
const { createClient } = load('@supabase/supabase-js')
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const supabase = createClient(url, anonymousKey, {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: globalThis.WebSocket ?? load('ws'), reconnectAfterMs: () => 50 },
})
await supabase.realtime.setAuth(token)
const channels = new Map()

function join(topic, config, changes) {
  const channel = supabase.channel(topic, { config })
  channels.set(topic, channel)
  channel.on('broadcast', { event: '*' }, ({ event, payload, meta }) => say({ topic, event, payload, meta }))
  channel.on('system', {}, ({ status, message, extension }) => say({ topic, system: status, message, extension }))
  if (config.presence) {
    channel.on('presence', { event: 'sync' }, () => say({ topic, present: Object.keys(channel.presenceState()) }))
  }
  for (const change of changes ?? []) {
    channel.on('postgres_changes', change, (payload) => say({ topic, change: payload }))
  }
  channel.subscribe((status, error) => say({ topic, status, error: error?.message ?? null }))
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line)
  if (command.join) join(command.join, command.config, command.changes)
  if (command.send) {
    const [topic, event, payload] = command.send
    say({ topic, sent: await channels.get(topic).send({ type: 'broadcast', event, payload }) })
  }
  if (command.track) say({ topic: command.track[0], tracked: await channels.get(command.track[0]).track(command.track[1]) })
  if (command.auth) await supabase.realtime.setAuth(command.auth)
  if (command.leave) say({ topic: command.leave, left: await supabase.removeChannel(channels.get(command.leave)) })
}
await supabase.removeAllChannels()
process.exit(0)
