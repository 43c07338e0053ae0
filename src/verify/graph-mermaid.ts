/** A verdict as a Mermaid flowchart. */
import { escapeName, escapeText } from './escape.ts'
import { graphOf } from './graph-model.ts'
import type { Failure, Graph, GraphNode } from './graph-model.ts'
import type { Verdict } from './types.ts'

/**
 * Writes the candidate paths as a Mermaid flowchart: an arrow from each issuer to its subject, the failed rules on
 * the certificate or bond that broke them. The text is deterministic, and names of certificates are escaped twice:
 * as for a terminal, then as Mermaid entities.
 */
export function toMermaid(verdict: Verdict): string {
  const graph = graphOf(verdict)
  const lines = [
    'flowchart LR',
    `  verdict["${headline(graph)}"]:::${graph.accepted ? 'accepted' : 'failed'}`,
  ]
  for (const node of graph.nodes) {
    const [open, close] = node.role === 'anchor' ? ['[[', ']]'] : node.role === 'missing' ? ['(', ')'] : ['[', ']']
    lines.push(`  ${node.id}${open}"${nodeText(node, graph)}"${close}:::${classOf(node, graph)}`)
  }
  const marked: number[] = []
  graph.edges.forEach(({ issuer, subject, failures }, index) => {
    const label = failures.length === 0 ? '' : `|"${failures.map((one) => failureText(one, graph)).join('<br/>')}"|`
    lines.push(`  ${issuer.id} -->${label} ${subject.id}`)
    if (failures.length > 0) marked.push(index)
  })
  lines.push(
    '  classDef plain fill:#f6f8fa,stroke:#818b98,color:#1f2328',
    '  classDef anchor fill:#ddf4ff,stroke:#0969da,color:#1f2328,stroke-width:2px',
    '  classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-width:2px',
    '  classDef accepted fill:#dafbe1,stroke:#1a7f37,color:#1f2328,stroke-width:2px',
    '  classDef missing fill:#ffffff,stroke:#cf222e,color:#cf222e,stroke-dasharray:4 3',
  )
  if (marked.length > 0) lines.push(`  linkStyle ${marked.join(',')} stroke:#cf222e,stroke-width:2px`)
  return `${lines.join('\n')}\n`
}

function headline(graph: Graph): string {
  const parts = [graph.accepted ? 'ACCEPTED' : `REFUSED ${entities(escapeText(graph.code ?? ''))}`]
  for (const failure of graph.general) parts.push(failureText(failure, graph))
  if (graph.attemptsOmitted > 0) parts.push(`${graph.attemptsOmitted} more paths not shown`)
  return parts.join('<br/>')
}

function classOf(node: GraphNode, graph: Graph): string {
  if (node.role === 'missing') return 'missing'
  if (node.failures.length > 0) return 'failed'
  if (node.role === 'anchor') return 'anchor'
  return graph.accepted ? 'accepted' : 'plain'
}

function nodeText(node: GraphNode, graph: Graph): string {
  if (node.reference === undefined) return 'no issuer found'
  const lines = [
    node.role,
    entities(escapeName(node.reference.subject === '' ? '(empty subject)' : node.reference.subject, 120)),
    ...node.failures.map((failure) => failureText(failure, graph)),
  ]
  return lines.join('<br/>')
}

function failureText(failure: Failure, graph: Graph): string {
  const where = graph.attempts > 1 && failure.attempts.length > 0 ? ` (path ${failure.attempts.join(', ')})` : ''
  return `✗ ${entities(escapeText(failure.code))}${where}`
}

/**
 * Mermaid’s own escape is `#code;`. Everything that its grammar knows is written so (`%%{` would be a directive
 * even inside a label); letters and digits of any script are left.
 */
function entities(text: string): string {
  return text.replace(/[\x21-\x2b\x3a-\x3c\x3e-\x40\x5b-\x60\x7b-\x7e]/g, (character) => `#${character.charCodeAt(0)};`)
}
