// Calldata that is known already, signed beforehand and sent as fast as the chain takes it: what no relayer can surpass.
import { readFileSync } from 'node:fs'
import { keccak256 } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { Tail, batch, ready, report, rpc, sleep, topics } from './rpc.mjs'

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const account = privateKeyToAccount(readFileSync(task.keyFile, 'utf8').trim())

const from = Number(await rpc(task.l1, 'eth_getTransactionCount', account.address, 'latest'))
const sign = ({ to, input, gas }, i) =>
  account.signTransaction({
    chainId: task.l1Id,
    type: 'eip1559',
    nonce: from + i,
    to,
    data: input,
    gas: BigInt(gas),
    maxFeePerGas: BigInt(task.maxFeePerGas),
    maxPriorityFeePerGas: BigInt(task.maxPriorityFeePerGas),
  })
const signed = await Promise.all([...task.proves, ...task.finalizes].map(sign))
const proves = signed.slice(0, task.proves.length)
const finalizes = task.finalizes.map(({ ids }, i) => ({ ids, raw: signed[task.proves.length + i] }))

// One by one: anvil takes those of a batch out of order.
let sent = 0
async function send(raws) {
  for (const raw of raws) {
    await rpc(task.l1, 'eth_sendRawTransaction', raw)
    sent++
  }
}

// Now and then anvil takes a transaction while it makes a block, and loses it: all behind it would wait for ever. At each
// block those that would be in the next ones are looked for, and sent again where they are lost.
const AHEAD = 300
const hashes = signed.map((raw) => keccak256(raw))
let block = 0, mined = 0
async function mend(head) {
  if (Number(head.number) === block) return
  block = Number(head.number)
  mined = Number(await rpc(task.l1, 'eth_getTransactionCount', account.address, 'latest')) - from
  const waiting = hashes.slice(mined, Math.min(sent, mined + AHEAD))
  if (waiting.length === 0) return
  const known = await batch(task.l1, waiting.map((hash) => ['eth_getTransactionByHash', hash]))
  for (const [i, transaction] of known.entries())
    if (transaction === null) await rpc(task.l1, 'eth_sendRawTransaction', signed[mined + i]).catch(() => {})
}

const tail = new Tail(task.l1, task.portal, Number(await rpc(task.l1, 'eth_blockNumber')))
const cpu = await ready()
let sending = send(proves)
const provenIn = new Map()
const timeOf = new Map()
while (finalizes.length > 0) {
  for (const { topics: [topic, id], blockNumber } of await tail.logs()) if (topic === topics.proven) provenIn.set(id, blockNumber)
  for (const number of new Set(provenIn.values()))
    if (!timeOf.has(number)) timeOf.set(number, Number((await rpc(task.l1, 'eth_getBlockByNumber', number, false)).timestamp))
  await mend(tail.head)
  const mature = (id) => provenIn.has(id) && Number(tail.head.timestamp) > timeOf.get(provenIn.get(id)) + task.period
  const due = []
  while (finalizes.length > 0 && finalizes[0].ids.every(mature)) due.push(finalizes.shift().raw)
  sending = sending.then(() => send(due))
  await sending
  await sleep(50)
}
await sending
while (mined < signed.length) {
  await sleep(50)
  await mend(await rpc(task.l1, 'eth_getBlockByNumber', 'latest', false))
}
report(cpu)
