#!/usr/bin/env node
/** The `countersign` command: hands the process over to `run`. */
import process from 'node:process'
import { nodeIo } from './io.ts'
import { run } from './run.ts'

// A reader that has seen enough (`countersign inspect big.crl | head`) is no failure, and no change of the verdict.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = 2
  })
}

// Not `process.exit`: what is still on its way to a pipe must get there.
process.exitCode = await run(process.argv.slice(2), nodeIo(process))
