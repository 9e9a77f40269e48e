// What the conductor and the shooter need of JSON-RPC: requests, counted by method.
export const topics = {
  proven: '0x67a6208cfcc0801d50f6cbe764733f4fddf66ac0b04442061a8a8c0cb6b63f62',
  finalized: '0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b',
}
export const calls = {}
export const count = (body) => {
  for (const { method } of [body].flat()) calls[method] = (calls[method] ?? 0) + 1
}
export const hex = (number) => '0x' + number.toString(16)
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms))

async function post(url, body) {
  count(body)
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return answer.json()
}

function result(method, { result, error }) {
  if (error) throw new Error(`${method}: ${error.message}`)
  return result
}

export async function rpc(url, method, ...params) {
  return result(method, await post(url, { jsonrpc: '2.0', id: 0, method, params }))
}

// The results in the order of the questions, [method, ...params] each.
export async function batch(url, questions) {
  const answers = await post(url, questions.map(([method, ...params], id) => ({ jsonrpc: '2.0', id, method, params })))
  answers.sort((a, b) => a.id - b.id)
  return answers.map((answer, i) => result(questions[i][0], answer))
}

// Follows the head: what a portal logged in blocks that were not looked at yet.
export class Tail {
  constructor(url, portal, from) {
    Object.assign(this, { url, portal, next: from, head: null })
  }
  async logs() {
    this.head = await rpc(this.url, 'eth_getBlockByNumber', 'latest', false)
    const latest = Number(this.head.number)
    if (latest < this.next) return []
    const filter = { address: this.portal, fromBlock: hex(this.next), toBlock: hex(latest), topics: [[topics.proven, topics.finalized]] }
    this.next = latest + 1
    return rpc(this.url, 'eth_getLogs', filter)
  }
}

// The process starts when the other side says so: what it prepares is not counted.
export async function ready() {
  process.stdout.write('ready\n')
  await new Promise((go) => process.stdin.once('data', go))
  process.stdin.destroy()
  return process.cpuUsage()
}

export function report(cpu) {
  const { user, system } = process.cpuUsage(cpu)
  const { maxRSS } = process.resourceUsage()
  process.stdout.write(JSON.stringify({ calls, cpuMs: (user + system) / 1000, peakRssKiB: maxRSS }) + '\n')
}
