/** From a chunk of vectors to its cases. */
import { createSignatureVerifier } from 'countersign/path'
import type { SignatureVerifier } from 'countersign/path'
import type { Chunk, PortableCase } from './case.ts'
import { runLimboCase } from './limbo.ts'
import type { LimboFile } from './limbo.ts'
import { runPkitsCase } from './pkits.ts'
import type { PkitsFile } from './pkits.ts'
import { tableCases } from './tables.ts'
import type { TableFile } from './tables.ts'
import { barePolicy, widePolicy, wycheproofCases } from './wycheproof.ts'
import type { WycheproofFile } from './wycheproof.ts'

export function casesOf({ suite, file, data }: Chunk): PortableCase[] {
  switch (suite) {
    case 'tables': return tableCases(data as TableFile)
    case 'limbo':
    case 'bettertls':
      return (data as LimboFile).testcases.map((testcase) => ({ name: testcase.id, run: () => runLimboCase(testcase) }))
    case 'pkits': {
      const file = data as PkitsFile
      return file.cases.map((testcase) => ({ name: `PKITS ${testcase.id}`, run: () => runPkitsCase(testcase, file) }))
    }
    case 'wycheproof': return signatureCases(data as WycheproofFile, file, createSignatureVerifier({ policy: widePolicy() }), false)
    case 'wycheproof-bare':
      return signatureCases(data as WycheproofFile, `bare:${file}`, createSignatureVerifier({ policy: barePolicy() }), true)
  }
}

function signatureCases(file: WycheproofFile, prefix: string, verifier: SignatureVerifier, mayLack: boolean): PortableCase[] {
  return wycheproofCases(file, prefix).map(({ id, check, judge }) => ({
    name: id,
    run: async () => judge((await verifier.verifyAll([check]))[0]!, mayLack),
  }))
}
