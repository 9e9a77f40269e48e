// The client library's own actions, as a script around them uses them: some withdrawals at a time, each proven, then each
// finalized once it may be. Arguments: the task, and how many at a time.
import { readFileSync } from 'node:fs'
import { createPublicClient, createWalletClient, defineChain, http } from 'viem'
import { nonceManager, privateKeyToAccount } from 'viem/accounts'
import { getWithdrawals, publicActionsL1, publicActionsL2, walletActionsL1 } from 'viem/op-stack'
import { count, ready, report, sleep } from './rpc.mjs'

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const atATime = Number(process.argv[3])

const currency = { name: 'Ether', symbol: 'ETH', decimals: 18 }
const at = (address) => ({ [task.l1Id]: { address } })
const l1 = defineChain({ id: task.l1Id, name: 'l1', nativeCurrency: currency, rpcUrls: { default: { http: [task.l1] } } })
const l2 = defineChain({
  id: task.l2Id,
  name: 'l2',
  nativeCurrency: currency,
  rpcUrls: { default: { http: [task.l2] } },
  sourceId: task.l1Id,
  contracts: { portal: at(task.portal), l2OutputOracle: at(task.oracle), disputeGameFactory: at(task.factory) },
})
// Requests that are made at once go as one batch, and nobody waits for the next poll longer than it takes to be of use.
const transport = (url) =>
  http(url, { batch: { batchSize: 50 }, onFetchRequest: async (_, { body }) => count(JSON.parse(body)) })
const options = (chain, url) => ({ chain, transport: transport(url), pollingInterval: 100, cacheTime: 100 })
const account = privateKeyToAccount(readFileSync(task.keyFile, 'utf8').trim(), { nonceManager })
const onL1 = createPublicClient(options(l1, task.l1)).extend(publicActionsL1())
const onL2 = createPublicClient(options(l2, task.l2)).extend(publicActionsL2())
const wallet = createWalletClient({ account, ...options(l1, task.l1) }).extend(walletActionsL1())

async function succeeded(hash) {
  const receipt = await onL1.waitForTransactionReceipt({ hash })
  if (receipt.status !== 'success') throw new Error(`${hash} reverted`)
  return receipt
}

// The library's waitToFinalize goes by this machine's clock, to the second and ten more; the chain's is quicker.
async function mature(provenAt) {
  for (;;) {
    const head = await onL1.getBlock()
    if (head.timestamp > provenAt + BigInt(task.period)) return
    await sleep(100)
  }
}

async function prove(hash) {
  const receipt = await onL2.getTransactionReceipt({ hash })
  const [withdrawal] = getWithdrawals(receipt)
  const output = await onL1.getL2Output({ l2BlockNumber: receipt.blockNumber, targetChain: l2 })
  const proof = await onL2.buildProveWithdrawal({ output, withdrawal })
  const { blockNumber } = await succeeded(await wallet.proveWithdrawal({ ...proof, account, targetChain: l2 }))
  const { timestamp } = await onL1.getBlock({ blockNumber })
  return { withdrawal, provenAt: timestamp }
}

async function finalize({ withdrawal, provenAt }) {
  await mature(provenAt)
  await succeeded(await wallet.finalizeWithdrawal({ withdrawal, targetChain: l2 }))
}

async function each(list, work) {
  const results = []
  let next = 0
  const worker = async () => {
    while (next < list.length) {
      const i = next++
      results[i] = await work(list[i])
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return results
}

const cpu = await ready()
await each(await each(task.withdrawals, prove), finalize)
report(cpu)
