/** The candidate paths of a verdict as a picture. */
export { toMermaid } from './graph-mermaid.ts'
export { toSvg } from './graph-svg.ts'
