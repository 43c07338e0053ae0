/** A verdict as a self-contained SVG picture. */
import { escapeName, escapeText, escapeXml } from './escape.ts'
import { layOut } from './graph-layout.ts'
import type { PlacedEdge, Slot } from './graph-layout.ts'
import { graphOf } from './graph-model.ts'
import type { Failure, Graph, GraphEdge, GraphNode } from './graph-model.ts'
import type { Verdict } from './types.ts'

const boxWidth = 290
const padding = 28
const lineHeight = 16
const minimumWidth = 420

// Two palettes by class. No script, no font file, no link: nothing is loaded when the picture is opened.
const style = `
text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-size:13px;fill:#1f2328}
.mono{font-family:ui-monospace,"SF Mono",Menlo,"DejaVu Sans Mono",monospace;font-size:11px}
.strong{font-weight:600}.big{font-size:17px;font-weight:700}
.small{font-size:10px;letter-spacing:.06em}.muted{fill:#59636e}.bad{fill:#cf222e}.good{fill:#1a7f37}.trust{fill:#0969da}
.page{fill:#fff}.label{fill:#fff}
.box{fill:#f6f8fa;stroke:#d1d9e0;stroke-width:1.5}
.box.anchor{fill:#ddf4ff;stroke:#0969da}.box.accepted{fill:#dafbe1;stroke:#1a7f37;stroke-width:2}
.box.failed{fill:#ffebe9;stroke:#cf222e;stroke-width:2}.box.missing{fill:none;stroke:#cf222e;stroke-dasharray:5 4}
.ring{fill:none;stroke:#0969da}.ring.accepted{stroke:#1a7f37}.ring.failed{stroke:#cf222e}
.edge{fill:none;stroke:#818b98;stroke-width:1.5}.edge.accepted{stroke:#1a7f37;stroke-width:2.5}
.edge.failed{stroke:#cf222e;stroke-width:2}.edge.missing{stroke:#cf222e;stroke-dasharray:5 4}
.tip{fill:#818b98}.tip.accepted{fill:#1a7f37}.tip.failed,.tip.missing{fill:#cf222e}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.muted{fill:#9198a1}.bad{fill:#ff7b72}.good{fill:#3fb950}.trust{fill:#58a6ff}
.page{fill:#0d1117}.label{fill:#0d1117}
.box{fill:#151b23;stroke:#3d444d}.box.anchor{fill:#121d2f;stroke:#4493f8}.box.accepted{fill:#12261e;stroke:#3fb950}
.box.failed{fill:#2b1619;stroke:#f85149}.box.missing{fill:none;stroke:#f85149}
.ring{stroke:#4493f8}.ring.accepted{stroke:#3fb950}.ring.failed{stroke:#f85149}
.edge{stroke:#656c76}.edge.accepted{stroke:#3fb950}.edge.failed,.edge.missing{stroke:#f85149}
.tip{fill:#656c76}.tip.accepted{fill:#3fb950}.tip.failed,.tip.missing{fill:#f85149}
}
`

/**
 * Draws the candidate paths of a verdict: anchors to the left, the leaf to the right, an arrow from each issuer to
 * its subject; failed rules stand on the certificate or the bond that broke them. The SVG is well-formed, loads
 * nothing, holds no script, follows the viewer’s light or dark preference, and is the same for the same verdict.
 * Names of certificates are escaped twice: as for a terminal, then as XML.
 */
export function toSvg(verdict: Verdict): string {
  const graph = graphOf(verdict)
  const labelled = graph.edges.some((edge) => edge.failures.length > 0)
  const layout = layOut(graph, {
    boxWidth,
    columnGap: labelled ? 210 : 72,
    rowGap: 26,
    heightOf: (node) => (node.role === 'missing' ? 40 : 80 + (2 * lineHeight + 2) * node.failures.length),
  })
  const header = headerText(graph)
  const top = padding + header.length * 22 + (labelled ? 40 : 18)
  const longest = graph.general.reduce((most, failure) => Math.max(most, failure.code.length + failure.spec.length), 0)
  const width = Math.max(minimumWidth, layout.width + 2 * padding, Math.min(longest, 160) * 7 + 2 * padding + 90)
  const height = top + layout.height + padding
  const title = graph.accepted ? 'Accepted certificate path' : `Refused: ${escapeText(graph.code ?? '')}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" ` +
    `viewBox="0 0 ${round(width)} ${round(height)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${escapeXml(style).replaceAll('&quot;', '"')}</style>`,
    '<rect class="page" width="100%" height="100%"/>',
    ...header.map((line, index) => `<g transform="translate(${padding} ${padding + 14 + index * 22})">${line}</g>`),
    `<g transform="translate(${padding} ${top})">`,
    ...layout.edges.map((edge) => edgeLine(edge, graph)),
    ...layout.boxes.map((slot) => box(slot, graph)),
    ...layout.edges.filter(({ edge }) => edge.failures.length > 0).map((edge) => edgeLabel(edge, graph)),
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

function headerText(graph: Graph): string[] {
  const code = graph.code === undefined ? '' : `<tspan class="mono" dx="10">${safe(graph.code, 80)}</tspan>`
  const lines = [
    `<text><tspan class="big ${graph.accepted ? 'good' : 'bad'}">${graph.accepted ? 'ACCEPTED' : 'REFUSED'}</tspan>${code}</text>`,
  ]
  for (const failure of graph.general) {
    lines.push(`<text class="mono bad">✗ ${safe(failure.code, 80)} <tspan class="muted">${safe(failure.spec, 60)}` +
      `${attemptsText(failure, graph)}</tspan></text>`)
  }
  if (!graph.accepted) {
    const omitted = graph.attemptsOmitted > 0 ? `, ${graph.attemptsOmitted} more not shown` : ''
    const paths = graph.attempts === 1 ? '1 candidate path' : `${graph.attempts} candidate paths`
    lines.push(`<text class="muted">${paths} tried${omitted}</text>`)
  }
  return lines
}

function attemptsText(failure: Failure, graph: Graph): string {
  if (graph.attempts < 2 || failure.attempts.length === 0) return ''
  return ` · path ${failure.attempts.join(', ')}`
}

function stateOf(graph: Graph, node: GraphNode): string {
  if (node.role === 'missing') return 'missing'
  if (node.failures.length > 0) return 'failed'
  if (graph.accepted) return 'accepted'
  return node.role === 'anchor' ? 'anchor' : 'plain'
}

function box(slot: Slot, graph: Graph): string {
  const node = slot.node!
  const state = stateOf(graph, node)
  const left = round(slot.x)
  const top = round(slot.y - slot.height / 2)
  const out = [`<g transform="translate(${left} ${top})">`]
  const rect = (inset: number, className: string): string =>
    `<rect class="${className}" x="${inset}" y="${inset}" width="${boxWidth - 2 * inset}" ` +
    `height="${slot.height - 2 * inset}" rx="${9 - inset}"/>`
  if (node.reference === undefined) {
    out.push(rect(0, 'box missing'), `<text class="bad" x="14" y="25">no issuer found</text></g>`)
    return out.join('')
  }
  const { subject, sha256 } = node.reference
  out.push(`<title>${escapeXml(escapeName(subject, 500))}</title>`, rect(0, `box ${state}`))
  // A trust anchor has a double frame, whatever its colour says.
  if (node.role === 'anchor') out.push(rect(4, `ring ${state}`))
  const [first, rest] = splitName(subject)
  out.push(
    `<text class="small ${node.role === 'anchor' ? 'trust' : 'muted'}" x="14" y="21">` +
    `${node.role === 'anchor' ? 'TRUST ANCHOR' : node.role.toUpperCase()}</text>`,
    `<text class="strong" x="14" y="40">${fit(first, boxWidth - 28, 14)}</text>`,
    `<text class="mono muted" x="14" y="${rest === '' ? 58 : 56}">${fit(rest === '' ? hashText(sha256) : rest, boxWidth - 28, 11)}</text>`,
  )
  if (rest !== '' && sha256 !== undefined) {
    out.push(`<text class="mono muted" x="14" y="70">${escapeXml(hashText(sha256))}</text>`)
  }
  node.failures.forEach((failure, index) => {
    const y = 90 + (2 * lineHeight + 2) * index
    out.push(
      `<text class="mono bad" x="14" y="${y}">✗ ${fit(escapeText(failure.code), boxWidth - 42, 11)}</text>`,
      `<text class="mono muted" x="28" y="${y + 14}">${fit(escapeText(failure.spec) + attemptsText(failure, graph), boxWidth - 42, 11)}</text>`,
    )
  })
  out.push('</g>')
  return out.join('')
}

function hashText(sha256: string | undefined): string {
  return sha256 === undefined ? 'given as name and key' : `sha256 ${sha256.slice(0, 16)}`
}

/** The most specific RDN, and the others: `CN=a` and `O=b,C=c`. */
function splitName(subject: string): [string, string] {
  if (subject === '') return ['(empty subject)', '']
  const match = /^((?:[^\\,]|\\.)*),(.*)$/su.exec(subject)
  return match === null ? [subject, ''] : [match[1]!, match[2]!]
}

function edgeState(edge: GraphEdge, graph: Graph): string {
  if (edge.issuer.role === 'missing') return 'missing'
  if (edge.failures.length > 0) return 'failed'
  return graph.accepted ? 'accepted' : 'plain'
}

function edgeLine({ edge, slots }: PlacedEdge, graph: Graph): string {
  const state = edgeState(edge, graph)
  const first = slots[0]!
  const last = slots.at(-1)!
  if (first.layer <= last.layer) return loopLine(first, last, state)
  let path = `M${round(first.x + boxWidth)} ${round(first.y)}`
  let [fromX, fromY] = [first.x + boxWidth, first.y]
  for (const slot of slots.slice(1)) {
    const arrival = slot === last ? slot.x - 8 : slot.x
    const bend = (arrival - fromX) / 2
    path += `C${round(fromX + bend)} ${round(fromY)} ${round(arrival - bend)} ${round(slot.y)} ${round(arrival)} ${round(slot.y)}`
    if (slot !== last) path += `H${round(slot.x + boxWidth)}`
    ;[fromX, fromY] = [slot.x + boxWidth, slot.y]
  }
  return `<path class="edge ${state}" d="${path}"/>${arrow(last.x, last.y, state)}`
}

/** Two CAs that certify each other stand in one column, or the wrong way round: the arrow goes round the left. */
function loopLine(issuer: Slot, subject: Slot, state: string): string {
  const [x1, y1, x2, y2] = [issuer.x, issuer.y + 12, subject.x - 8, subject.y + 12]
  const out = Math.min(x1, x2) - 44
  return `<path class="edge ${state}" d="M${round(x1)} ${round(y1)}C${round(out)} ${round(y1)} ${round(out)} ${round(y2)} ` +
    `${round(x2)} ${round(y2)}"/>${arrow(subject.x, y2, state)}`
}

function arrow(x: number, y: number, state: string): string {
  return `<path class="tip ${state}" d="M${round(x)} ${round(y)}l-9 -5v10z"/>`
}

function edgeLabel({ edge, slots }: PlacedEdge, graph: Graph): string {
  const [first, second] = [slots[0]!, slots[1]!]
  const x = (first.x + boxWidth + second.x) / 2
  const y = (first.y + second.y) / 2
  return edge.failures.map((failure, index) => {
    const text = `✗ ${escapeText(failure.code, 28)}`
    const under = `${escapeText(failure.spec, 26)}${attemptsText(failure, graph)}`
    const wide = Math.max(text.length, under.length) * 6.7 + 12
    // Above the line, which stays to be seen.
    const top = y - 40 - (edge.failures.length - 1 - index) * 36
    return `<rect class="label" x="${round(x - wide / 2)}" y="${round(top)}" width="${round(wide)}" height="34" rx="5"/>` +
      `<text class="mono bad" text-anchor="middle" x="${round(x)}" y="${round(top + 13)}">${escapeXml(text)}</text>` +
      `<text class="mono muted" text-anchor="middle" x="${round(x)}" y="${round(top + 28)}">${escapeXml(under)}</text>`
  }).join('')
}

function safe(text: string, limit: number): string {
  return escapeXml(escapeText(text, limit))
}

/** Cuts a name to a width, by a rough measure: the scripts of East Asia take a whole em, the others less. */
function fit(text: string, width: number, size: number): string {
  let used = 0
  let kept = ''
  for (const character of escapeName(text)) {
    used += (character.codePointAt(0)! >= 0x1100 ? 1.02 : 0.61) * size
    if (used > width - size) {
      kept += character
      return escapeXml(kept.length < escapeName(text).length ? `${kept.slice(0, -character.length)}…` : kept)
    }
    kept += character
  }
  return escapeXml(kept)
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
