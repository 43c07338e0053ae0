/**
 * Mailboxes: rfc822Name (RFC 5280 4.2.1.6) and SmtpUTF8Mailbox (RFC 9598 3). The local part is compared exactly, but for
 * quotes, which are no part of it (RFC 5322 3.2.4); the host without regard to case (RFC 5280 7.5).
 */
import { DerReader, utf8Content } from '../asn1/index.ts'
import * as Tag from '../asn1/tag.ts'
import type { GeneralName } from '../x509/index.ts'
import { dnsNameProblem, lowerCase } from './dns-name.ts'

/** id-on-SmtpUTF8Mailbox */
export const smtpUtf8MailboxOid = '1.3.6.1.5.5.7.8.9'

export interface Mailbox {
  /** In quotes only where it cannot do without. */
  readonly local: string
  /** Lower-case, A-labels. */
  readonly host: string
}

/** Splits `local@host`; undefined where it is no mailbox. `utf8` allows other than ASCII in the local part. */
export function parseMailbox(text: string, utf8: boolean = false): Mailbox | undefined {
  const at = text.lastIndexOf('@')
  if (at <= 0) return undefined
  const local = text.slice(0, at)
  const host = text.slice(at + 1)
  if (dnsNameProblem(host) !== undefined || !isLocalPart(local, utf8)) return undefined
  return { local: local.startsWith('"') ? leastQuoted(local) : local, host: lowerCase(host) }
}

/** A quoted string with no quote or backslash that it could do without: the one form for all that mean the same (RFC 5321 4.1.2). */
function leastQuoted(quoted: string): string {
  const text = quoted.slice(1, -1).replace(/\\(.)/g, '$1')
  return isDotString(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** Local-part of RFC 5321 4.1.2: a dot-string or a quoted string (RFC 6531 3.3 for the UTF-8 form). */
function isLocalPart(local: string, utf8: boolean): boolean {
  if (local.length > 64) return false
  // No character beyond ASCII but those of the UTF-8 form; no control character in either.
  if (utf8 ? /[\0-\x1f\x7f-\x9f]/.test(local) : /[^\x20-\x7e]/.test(local)) return false
  if (/^"(?:[^"\\]|\\.)*"$/.test(local)) return true
  return isDotString(local)
}

function isDotString(local: string): boolean {
  return /^[^\s"(),:;<>@[\\\]]+$/.test(local) && !/^\.|\.\.|\.$/.test(local)
}

/** The mailbox of a GeneralName; undefined where it is of another form, or its text is no mailbox. */
export function mailboxIn(name: GeneralName): Mailbox | undefined {
  const found = mailboxOf(name)
  return found && parseMailbox(found.text, found.utf8)
}

/** The mailbox text that a GeneralName holds, if it is one of the two mailbox forms. */
export function mailboxOf(name: GeneralName): { readonly text: string; readonly utf8: boolean } | undefined {
  if (name.type === 'rfc822Name') return { text: name.value, utf8: false }
  if (name.type !== 'otherName' || name.oid !== smtpUtf8MailboxOid) return undefined
  const reader = new DerReader(name.value, 0, name.value.length, 'SmtpUTF8Mailbox')
  reader.expect(Tag.utf8String, 'SmtpUTF8Mailbox')
  const text = utf8Content(reader)
  reader.finish()
  return { text, utf8: true }
}
