/**
 * The entry of the bundle that every runtime loads: fetches the chunks from the host one by one, runs their cases in
 * order, and posts what each came to. It needs `fetch` and nothing else.
 */
import { canonicalJson } from './case.ts'
import type { Chunk, Json, PortableResult } from './case.ts'
import { casesOf } from './suite.ts'

/** One result on its way to the host: the verdict in canonical form. */
export type PostedResult = { readonly canonical?: string } & { readonly [key: string]: Json | undefined }

/** Runs everything the host at `origin` has, and tells it when that is done. `runtime` names the reporter. */
export async function runPortable(origin: string, runtime: string): Promise<void> {
  const textOf = (error: unknown): string => `${String(error)}\n${(error as Error).stack ?? ''}`
  const problem = await runChunks(origin, runtime).then(() => '', textOf)
  await fetch(`${origin}/done/${runtime}`, { method: 'POST', body: problem })
}

async function runChunks(origin: string, runtime: string): Promise<void> {
  const { chunks } = await (await fetch(`${origin}/plan`)).json() as { chunks: number }
  for (let i = 0; i < chunks; i++) {
    const chunk = await (await fetch(`${origin}/chunk/${i}`)).json() as Chunk
    const results: PostedResult[] = []
    for (const { name, run } of casesOf(chunk)) results.push(await settle(name, run))
    const response = await fetch(`${origin}/results/${runtime}/${i}`, { method: 'POST', body: JSON.stringify(results) })
    if (!response.ok) throw new Error(`the host did not take the results: ${response.status}`)
  }
}

/** A case that throws is a failed case, and no end of the run. */
async function settle(name: string, run: () => Promise<PortableResult>): Promise<PostedResult> {
  try {
    const result = await run()
    if ('skipped' in result) return { ...result }
    const { verdict, ...rest } = result
    return { ...rest, canonical: canonicalJson(verdict) }
  } catch (error) {
    const problem = `threw ${String(error)}`
    return { id: name, expected: 'accepted', actual: 'refused', problem, canonical: JSON.stringify(problem) }
  }
}
