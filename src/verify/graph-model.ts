/**
 * The candidate paths of a verdict as one graph: a node a certificate, an edge from issuer to subject.
 *
 * The graph is a pure function of the verdict, in the order of its attempts, so that the same verdict gives
 * the same picture, byte for byte.
 */
import type { Attempt, CertificateReference, CertificateRole, Issue } from '../path/issue.ts'
import type { Verdict } from './types.ts'

/** A rule that failed, and in which attempts (counted from 1). */
export interface Failure {
  readonly code: string
  readonly spec: string
  readonly attempts: number[]
}

export interface GraphNode {
  /** `n1`, `n2`, … in order of first appearance. */
  readonly id: string
  readonly role: CertificateRole | 'missing'
  readonly reference: CertificateReference | undefined
  /** Steps from the leaf: the longest over all attempts. */
  layer: number
  readonly failures: Failure[]
}

export interface GraphEdge {
  readonly issuer: GraphNode
  readonly subject: GraphNode
  readonly failures: Failure[]
}

export interface Graph {
  readonly accepted: boolean
  /** The first-ranked code of a refusal. */
  readonly code: string | undefined
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** Rules that failed on no single certificate. */
  readonly general: readonly Failure[]
  readonly attempts: number
  readonly attemptsOmitted: number
}

/** Rules that judge the bond between issuer and subject: drawn on the edge, not on the node. */
function concernsEdge(issue: Issue): boolean {
  return issue.code === 'crypto/invalid-signature' || issue.code === 'crypto/key-mismatch' || issue.code === 'path/name-chaining'
}

/** What tells two certificates apart: the hash where there is one; an anchor given as name and key has none. */
function keyOf(reference: CertificateReference): string {
  return reference.sha256 ?? `${reference.role} ${reference.subject}`
}

/** True where an issue is about the certificate at this place of a path. */
export function isAbout(issue: Issue, reference: CertificateReference): boolean {
  const about = issue.certificate
  return about !== undefined && about.role === reference.role && keyOf(about) === keyOf(reference)
}

/** References to an accepted path, from the leaf to the anchor, as its JSON form gives them. */
export function acceptedReferences(verdict: Verdict): CertificateReference[] {
  const json = verdict.toJSON() as { path?: CertificateReference[], anchor?: CertificateReference }
  return json.anchor === undefined ? [...json.path ?? []] : [...json.path ?? [], json.anchor]
}

export function graphOf(verdict: Verdict): Graph {
  const builder = new GraphBuilder()
  if (verdict.ok) {
    builder.addPath(acceptedReferences(verdict), [], 0)
  } else {
    verdict.attempts.forEach((attempt, index) => {
      builder.addAttempt(attempt, index + 1)
    })
    // What failed before any path could be tried, a malformed leaf for example.
    const inAttempts = new Set(verdict.attempts.flatMap((attempt) => attempt.issues.map(issueKey)))
    for (const issue of verdict.issues) if (!inAttempts.has(issueKey(issue))) addFailure(builder.general, issue, 0)
  }
  return {
    accepted: verdict.ok,
    code: verdict.ok ? undefined : verdict.code,
    nodes: builder.nodes,
    edges: builder.edges,
    general: builder.general,
    attempts: verdict.ok ? 1 : verdict.attempts.length,
    attemptsOmitted: verdict.ok ? 0 : verdict.attemptsOmitted,
  }
}

/** Two issues that print alike are one. */
export function issueKey(issue: Issue): string {
  const { certificate } = issue
  return JSON.stringify([issue.code, certificate?.role, certificate === undefined ? '' : keyOf(certificate), issue.details])
}

function addFailure(list: Failure[], issue: Issue, attempt: number): void {
  const known = list.find((failure) => failure.code === issue.code && failure.spec === issue.spec)
  if (known === undefined) list.push({ code: issue.code, spec: issue.spec, attempts: attempt === 0 ? [] : [attempt] })
  else if (attempt !== 0 && !known.attempts.includes(attempt)) known.attempts.push(attempt)
}

class GraphBuilder {
  readonly nodes: GraphNode[] = []
  readonly edges: GraphEdge[] = []
  readonly general: Failure[] = []
  readonly #byKey: Map<string, GraphNode> = new Map()

  addAttempt(attempt: Attempt, number: number): void {
    const { anchor, path, issues } = attempt
    // What a path that ended nowhere lacks is drawn as a gap, and not held against its last certificate.
    const isGap = (issue: Issue): boolean =>
      anchor === undefined && path.length > 0 && (issue.certificate === undefined || issue.code === 'path/no-anchor')
    const last = this.addPath(anchor === undefined ? path : [...path, anchor], issues.filter((issue) => !isGap(issue)), number)
    for (const issue of issues) {
      if (issue.certificate === undefined && !isGap(issue)) addFailure(this.general, issue, number)
    }
    if (anchor !== undefined || last === undefined) return
    const gap = this.#node(`missing ${last.id}`, 'missing', undefined, last.layer + 1)
    const edge = this.#edge(gap, last)
    for (const issue of issues.filter(isGap)) addFailure(edge.failures, issue, number)
  }

  /** Adds the row of certificates, leaf first, and hangs each issue where it belongs. Returns the last node. */
  addPath(path: readonly CertificateReference[], issues: readonly Issue[], attempt: number): GraphNode | undefined {
    let subject: GraphNode | undefined
    path.forEach((reference, layer) => {
      const node = this.#node(keyOf(reference), reference.role, reference, layer)
      const edge = subject === undefined ? undefined : this.#edge(node, subject)
      const below = path[layer - 1]
      for (const issue of issues) {
        if (edge !== undefined && below !== undefined && concernsEdge(issue) && isAbout(issue, below)) {
          addFailure(edge.failures, issue, attempt)
        } else if (isAbout(issue, reference) && !(concernsEdge(issue) && layer < path.length - 1)) {
          addFailure(node.failures, issue, attempt)
        }
      }
      subject = node
    })
    return subject
  }

  #node(key: string, role: GraphNode['role'], reference: CertificateReference | undefined, layer: number): GraphNode {
    let node = this.#byKey.get(key)
    if (node === undefined) {
      node = { id: `n${this.nodes.length + 1}`, role, reference, layer, failures: [] }
      this.#byKey.set(key, node)
      this.nodes.push(node)
    }
    node.layer = Math.max(node.layer, layer)
    return node
  }

  #edge(issuer: GraphNode, subject: GraphNode): GraphEdge {
    let edge = this.edges.find((known) => known.issuer === issuer && known.subject === subject)
    if (edge === undefined) {
      edge = { issuer, subject, failures: [] }
      this.edges.push(edge)
    }
    return edge
  }
}
