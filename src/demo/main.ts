/**
 * `npm run demo`: mutual authentication between two programs, told step by step, and refusals with their reasons.
 * Ends with 0 only if every expectation held.
 */
import { createPaper } from './paint.ts'
import { Programs } from './programs.ts'
import { showImpostor, showRefusals } from './refusals.ts'
import { showSixSteps } from './six-steps.ts'
import { makeCast, Stage } from './stage.ts'
import { showWireOrder } from './wire-order.ts'

async function main(): Promise<number> {
  const started = performance.now()
  const paper = createPaper(process.stdout, process.env)
  const programs = new Programs()
  try {
    const stage = new Stage(paper, programs, await makeCast())
    paper.line(paper.paint('bold', 'Countersign: mutual authentication, step by step'))
    for (const scene of [showSixSteps, showWireOrder, showRefusals, showImpostor]) await scene(stage)
    const { right, wrong } = stage.score
    stage.title('Result')
    paper.line(` ${right} expectations held, ${wrong.length} did not (${((performance.now() - started) / 1000).toFixed(1)} s)`)
    for (const what of wrong) paper.line(` ${paper.paint('red', '✗')} ${what}`)
    return wrong.length === 0 ? 0 : 1
  } finally {
    programs.stop()
  }
}

main().then(
  (code) => { process.exitCode = code },
  (error: unknown) => {
    process.stderr.write(`the demonstration broke off: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
