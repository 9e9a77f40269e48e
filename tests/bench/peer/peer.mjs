// @ethereumjs/mpt over the same proofs and receipts as the benchmark. Answers lines of "NAME CALLS" with nanoseconds:
// of the clock or of the processor (all threads), whichever are fewer, so that what others take does not count.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createMPT, createMPTFromProof, verifyMerkleProof } from '@ethereumjs/mpt'
import { RLP } from '@ethereumjs/rlp'

const bytes = (hex) => new Uint8Array(Buffer.from(hex.slice(2).length % 2 ? '0' + hex.slice(2) : hex.slice(2), 'hex'))
const number = (hex) => (BigInt(hex) === 0n ? new Uint8Array() : bytes('0x' + BigInt(hex).toString(16)))
const same = (a, b) => a !== null && Buffer.compare(a, b) === 0
const must = (ok, what) => {
  if (!ok) throw new Error(what)
}

const input = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const work = new Map()

for (const trie of input.tries) {
  const root = bytes(trie.root)
  const proofs = trie.proofs.map((p) => ({ key: bytes(p.key), value: bytes(p.value), nodes: p.nodes.map(bytes) }))
  // The root comes first; every node once.
  const nodes = [...new Set(trie.proofs.flatMap((p) => p.nodes))].map(bytes)
  let next = 0
  work.set(`single-${trie.keys}`, async () => {
    const proof = proofs[next++ % proofs.length]
    must(same(await verifyMerkleProof(proof.key, proof.nodes, { root }), proof.value), 'a proof is judged wrong')
  })
  work.set(`many-${trie.keys}`, async () => {
    const all = await createMPTFromProof(nodes, { root })
    for (const proof of proofs) must(same(await all.get(proof.key, true), proof.value), 'a proof is judged wrong')
  })
}

try {
  const vector = JSON.parse(readFileSync(input.receipts, 'utf8'))
  const root = bytes(vector.receiptsRoot)
  const receipts = vector.receipts.map((r) => ({
    type: Number(r.type),
    fields: [
      number(r.status),
      number(r.cumulativeGasUsed),
      bytes(r.logsBloom),
      r.logs.map((log) => [bytes(log.address), log.topics.map(bytes), bytes(log.data)]),
    ],
  }))
  work.set('receipts', async () => {
    const trie = await createMPT()
    for (const [i, { type, fields }] of receipts.entries()) {
      const body = RLP.encode(fields)
      await trie.put(RLP.encode(i), type === 0 ? body : new Uint8Array([type, ...body]))
    }
    must(same(trie.root(), root), 'the receipts have another root')
  })
} catch (error) {
  if (error.code !== 'ENOENT') throw error // the benchmark leaves them out as well
}

process.stdout.write('ready\n')
for await (const line of createInterface({ input: process.stdin })) {
  const [name, calls] = line.split(' ')
  const run = work.get(name)
  must(run !== undefined, `unknown: ${name}`)
  const cpu = process.cpuUsage()
  const begin = process.hrtime.bigint()
  for (let i = 0; i < Number(calls); i++) await run()
  const wall = Number(process.hrtime.bigint() - begin)
  const { user, system } = process.cpuUsage(cpu)
  process.stdout.write(`${Math.max(1, Math.min(wall, (user + system) * 1000))}\n`)
}
