/**
 * What goes into a decision, and what comes out of it.
 */
import type { AcceptedVerdict } from '../verify/types.ts'
import type { PeerFacts } from './peer-facts.ts'

/** An attribute that the application knows of the peer: one value, or several. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[]

/** A second factor that was already checked, when, and how strong it is by the application’s own scale. */
export interface Factor {
  /** What was checked, such as `totp`; a policy names it as `factor.totp`. */
  readonly kind: string
  /** Date, or milliseconds since 1970. */
  readonly at: Date | number
  readonly strength?: number
}

/**
 * Header fields: `Headers`, or an object of lower-case names like Node’s `headersDistinct`. Only fields named by the policy are read. A text
 * alone, which `Headers` and `request.headers` make of several lines, counts as each of its parts between commas and as the whole.
 */
export type HeaderFacts =
  | { get(name: string): string | null }
  | { readonly [name: string]: string | readonly string[] | undefined }

export interface RequestFacts {
  readonly method?: string | undefined
  /** The host asked for, without its port. */
  readonly host?: string | undefined
  /** The path as it came, percent-encoding and all, without query and fragment. */
  readonly path?: string
  readonly headers?: HeaderFacts
}

export interface ChannelFacts {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly tlsVersion?: string
  readonly cipher?: string
  /** Channel binding, such as `tls-exporter` (RFC 9266). */
  readonly binding?: Uint8Array
  /** Whether the session was resumed. */
  readonly resumed?: boolean
  /** The server name of the handshake (RFC 6066 3). */
  readonly serverName?: string
  /** The protocol agreed on by ALPN (RFC 7301), such as `h2`. */
  readonly applicationProtocol?: string
  /** The peer’s IP address in text. */
  readonly remoteAddress?: string
}

/** Everything that a decision is made from. */
export interface Facts {
  /** Who the peer is: `verifiedPeer(verdict)`, or what the edge kit made of a trusted proxy’s word. */
  readonly peer: PeerFacts
  /** Required, the evaluator has no clock: a Date, or milliseconds since 1970. */
  readonly time: Date | number
  /**
   * `'pending'`, written out, says that it comes later: the decision is then `'pending'` where it may still turn out
   * either way. What is left out is missing, and counts against the peer.
   */
  readonly request?: RequestFacts | 'pending'
  readonly channel?: ChannelFacts | 'pending'
  readonly factors?: readonly Factor[] | 'pending'
  readonly attributes?: Readonly<Record<string, AttributeValue>> | 'pending'
}

/** Why a decision is what it is. Open to additions; a reason that is not known is a refusal. */
export type DecisionReason =
  /** A rule allows it. To do: nothing; `validUntil` says how long it stands. */
  | 'policy/allowed'
  /** More facts are needed: some were given as `'pending'`. To do: ask again when they are known; until then nobody is let in. */
  | 'policy/pending'
  /** A deny rule matches, or might for all that is known. To do: `rule` names it, and the trace says which conditions matched. */
  | 'policy/denied-by-rule'
  /** No allow rule matches. To do: the trace says of each rule which condition failed, and what was found. */
  | 'policy/no-rule-allows'
  /** No entry of `identity` names the peer. To do: have such a name certified, or add an entry for the names that there are. */
  | 'policy/no-principal'
  /** An entry of `identity` finds several values. To do: have certificates issued with one such name, or narrow the entry. */
  | 'policy/ambiguous-principal'
  /** The facts rest on the word of a proxy that the policy does not name in `proxies`. To do: name the contract there, or verify certificates yourself. */
  | 'policy/proxy-not-admitted'
  /** The time is after the end of what the facts about the peer rest on. To do: verify the peer again. */
  | 'policy/peer-expired'
  /** The path is not in normal form: dot segments, empty segments, backslashes, encoded slashes, semicolons. To do: hand over the path as it came, without the query; otherwise the client has to mend its request. */
  | 'policy/path-not-normal'

/** Whom the policy takes the peer for. */
export interface Principal {
  /** The `as` of the entry of `identity`. */
  readonly type: string
  /** The field that it was read from. */
  readonly from: string
  /** The value in the form that the policy document writes it. */
  readonly value: string
}

/** What the facts about the peer rest on. */
export type Verification =
  | { readonly source: 'verdict'; readonly verdict: AcceptedVerdict }
  /** The word of a proxy, by the name of the contract with it. */
  | { readonly source: 'proxy'; readonly proxy: string }

export interface Decision {
  readonly decision: 'allow' | 'deny' | 'pending'
  readonly reason: DecisionReason
  /** Undefined with `"identity": "none"`, and where no single one was found. */
  readonly principal: Principal | undefined
  /** The `id` of the rule that decided. */
  readonly rule: string | undefined
  /** Of an `allow`: the last moment it may be relied on. */
  readonly validUntil: Date | undefined
  readonly verification: Verification
  /** Each rule and condition, what was expected and found. Made on first use. */
  readonly trace: Trace
  /** Plain JSON, fit for a log: values that may be secret are left out. */
  toJSON(): unknown
}

export interface Trace {
  readonly rules: readonly RuleTrace[]
}

export interface RuleTrace {
  readonly id: string
  readonly effect: 'allow' | 'deny'
  readonly result: 'matched' | 'not-matched' | 'pending'
  readonly condition: ConditionTrace
}

/** One condition, in the form of its place in the document. */
export type ConditionTrace =
  | {
    readonly kind: 'allOf' | 'anyOf' | 'not'
    readonly result: boolean | 'pending'
    readonly conditions: readonly ConditionTrace[]
  }
  | {
    readonly kind: 'match'
    /** Place in the policy document, a JSON Pointer (RFC 6901). */
    readonly place: string
    readonly field: string
    /** The matchers as the policy document has them; `undefined` where they may hold secrets. */
    readonly expected: Readonly<Record<string, unknown>> | undefined
    /** In the forms that a policy document writes them. `undefined` where there was none, or where it may be secret. */
    readonly found: readonly string[] | undefined
    /** Why `found` has no values. */
    readonly absent?: 'missing' | 'pending' | 'not-shown'
    readonly result: boolean | 'pending'
  }
