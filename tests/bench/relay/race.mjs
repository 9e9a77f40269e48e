// Lets each contender relay the same withdrawals from the same state of L1, one after the other, round by round, and prints
// what each took as JSON. Argument: the race, as tests/bench/relay-bench writes it.
import { spawn, execFile } from 'node:child_process'
import { openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Tail, batch, hex, rpc, sleep, topics } from './rpc.mjs'

const race = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const { l1 } = race
const log = openSync(race.log, 'a')
const PATIENCE_MS = 60000 // without a proof or a delivery in a block

const say = (text) => process.stderr.write(`tests/bench/relay-bench: ${text}\n`)
const run = promisify(execFile)

// --- what a process took, by /proc

const field = (text, name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1] ?? 0)
function stat(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
  return { parent: Number(fields[1]), cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / race.ticks }
}
function childrenOf(pid) {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && stat(name).parent === pid
    } catch {
      return false // gone meanwhile
    }
  })
}
function usage(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const children = childrenOf(pid)
  return {
    cpuMs: stat(pid).cpuMs,
    peakRssKiB: field(status, 'VmHWM'),
    signerCpuMs: children.reduce((sum, child) => sum + stat(child).cpuMs, 0),
    signerPeakRssKiB: children.reduce((sum, child) => sum + field(readFileSync(`/proc/${child}/status`, 'utf8'), 'VmHWM'), 0),
  }
}

// --- the state that all start from

let snapshot = null
async function rewind() {
  if (snapshot !== null && !(await rpc(l1, 'evm_revert', snapshot))) throw new Error('L1 did not take its state back')
  snapshot = await rpc(l1, 'evm_snapshot')
  await rpc(l1, 'evm_setTime', hex(Math.floor(Date.now() / 1000)))
  const { number } = await rpc(l1, 'eth_getBlockByNumber', 'latest', false)
  while ((await rpc(l1, 'eth_blockNumber')) === number) await sleep(20)
}

// --- the contenders: each starts, says when it may be measured, and ends

class Script {
  constructor(file, ...args) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
    // A script that ends well has sent everything; the blocks may come later.
    this.child.on('exit', (code, signal) => (this.gone = code === 0 ? undefined : `ended with ${code ?? signal}`))
  }
  async line() {
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`the script ${this.gone ?? 'ended'}`)
    return value
  }
  async prepare() {
    if ((await this.line()) !== 'ready') throw new Error('the script is not ready')
  }
  begin() {
    this.child.stdin.write('go\n')
  }
  async end() {
    return JSON.parse(await this.line())
  }
}

class Causeway {
  async prepare() {
    rmSync(race.data, { recursive: true, force: true })
  }
  begin() {
    this.child = spawn(race.causeway, ['run', '--config', race.config, '--plain'], { stdio: ['ignore', log, log] })
    this.child.on('exit', (code, signal) => (this.gone = `ended with ${code ?? signal}`))
  }
  async ask(...args) {
    const { stdout } = await run(race.causeway, [...args, '--config', race.config], { maxBuffer: 64 << 20 })
    return stdout
  }
  async end() {
    // Its work is over when it has seen each delivery become final.
    for (let waited = 0; ; waited++) {
      const { routes } = JSON.parse(await this.ask('status', '--json'))
      const of = (condition) => routes.flatMap(({ messages }) => Object.values(messages)).reduce((sum, c) => sum + (c[condition] ?? 0), 0)
      if (of('done') === race.withdrawals.length) break
      if (waited > 60) throw new Error(`only ${of('done')} of ${race.withdrawals.length} are done`)
      await sleep(500)
    }
    const took = usage(this.child.pid)
    const over = new Promise((done) => this.child.once('exit', done))
    this.child.kill('SIGTERM')
    await over
    const { endpoints } = JSON.parse(await this.ask('status', '--json').catch(({ stdout }) => stdout)) // 1: it does not run
    const calls = {}
    for (const { methods } of endpoints) for (const { method, calls: n } of methods) calls[method] = (calls[method] ?? 0) + n
    return { ...took, calls, ...(await this.lateness()) }
  }
  // The bound that 99 of 100 timers kept, and the share of those above 50 ms.
  async lateness() {
    const metrics = await this.ask('status', '--metrics').catch(({ stdout }) => stdout)
    const buckets = [...metrics.matchAll(/lateness_seconds_bucket\{le="([^"]+)"\} (\d+)/g)].map(([, le, n]) => [Number(le) * 1000, Number(n)])
    const [, all] = buckets.at(-1)
    const within = (ms) => buckets.filter(([bound]) => bound <= ms).at(-1)?.[1] ?? 0
    return { latenessP99Ms: buckets.find(([, n]) => n >= all * 0.99)[0], lateTimers: (all - within(50)) / all, timers: all }
  }
}

// --- the calldata of the relayer's own transactions, for the shooter

async function bullets(hashes, ids) {
  const sent = await batch(l1, [...hashes].map((hash) => ['eth_getTransactionByHash', hash]))
  sent.sort((a, b) => Number(a.nonce) - Number(b.nonce))
  return sent.map(({ hash, to, input, gas }) => ({ to, input, gas, ids: ids.get(hash) }))
}

// --- one run

async function measure(name, contender, wanted) {
  await contender.prepare()
  const start = Number(await rpc(l1, 'eth_blockNumber'))
  const tail = new Tail(l1, race.portal, start + 1)
  const proven = new Map(), finalized = new Map() // transaction → ids
  const delivered = new Set()
  const note = (map, { transactionHash, topics: [, id] }) => map.set(transactionHash, [...(map.get(transactionHash) ?? []), id])
  const from = Date.now()
  let heard = from
  contender.begin()
  while (delivered.size < wanted) {
    const logs = await tail.logs()
    for (const log of logs) {
      note(log.topics[0] === topics.proven ? proven : finalized, log)
      if (log.topics[0] === topics.finalized && BigInt(log.data) === 1n) delivered.add(log.topics[1])
    }
    if (logs.length > 0) heard = Date.now()
    if (delivered.size === wanted) break
    if (contender.gone) throw new Error(`${name} ${contender.gone} with ${delivered.size} of ${wanted} delivered`)
    if (Date.now() - heard > PATIENCE_MS) {
      const pool = JSON.stringify(await rpc(l1, 'txpool_status'))
      throw new Error(`${name}: no news for a minute, ${delivered.size} of ${wanted} delivered; block ${Number(tail.head.number)}, pool ${pool}`)
    }
    await sleep(50)
  }
  const seconds = (Date.now() - from) / 1000
  const own = await contender.end()
  const hashes = new Set([...proven.keys(), ...finalized.keys()])
  const receipts = await batch(l1, [...hashes].map((hash) => ['eth_getTransactionReceipt', hash]))
  const gas = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0)
  const blocks = Number(tail.head.number) - start
  return { run: { messages: wanted, seconds, blocks, transactions: hashes.size, gas, ...own }, proven, finalized }
}

const runs = {}
async function compete(name, make, wanted) {
  await rewind()
  const contender = make()
  const { run, ...logs } = await measure(name, contender, wanted).catch((error) => {
    contender.child?.kill('SIGKILL')
    throw error
  })
  ;(runs[name] ??= []).push(run)
  say(`${name}: ${wanted} messages in ${run.seconds.toFixed(1)} s`)
  return logs
}

const task = { ...race.task, withdrawals: race.withdrawals }
writeFileSync(race.taskFile, JSON.stringify(task))
const single = race.withdrawals.slice(0, race.singleMax)
writeFileSync(race.taskFile + '.1', JSON.stringify({ ...task, withdrawals: single }))

for (let round = 0; round < race.rounds; round++) {
  const { proven, finalized } = await compete('causeway', () => new Causeway(), race.withdrawals.length)
  const proves = await bullets(proven.keys(), proven)
  const finalizes = await bullets(finalized.keys(), finalized)
  const { baseFeePerGas } = await rpc(l1, 'eth_getBlockByNumber', 'latest', false)
  writeFileSync(race.taskFile + '.fire', JSON.stringify({ ...task, proves, finalizes,
    maxFeePerGas: hex(BigInt(baseFeePerGas) * 4n + 10n ** 9n), maxPriorityFeePerGas: hex(10n ** 9n) }))
  await compete('presigned', () => new Script('fire.mjs', race.taskFile + '.fire'), race.withdrawals.length)
  if (race.peer) {
    await compete('viem16', () => new Script('viem.mjs', race.taskFile, '16'), race.withdrawals.length)
    await compete('viem1', () => new Script('viem.mjs', race.taskFile + '.1', '1'), single.length)
  }
}
process.stdout.write(JSON.stringify(runs) + '\n')
