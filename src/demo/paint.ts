/**
 * Printing for a terminal: colours only where somebody looks, and lines that fit.
 */

const colours = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

export type Colour = keyof typeof colours

export interface Paper {
  readonly width: number
  /** Writes one line. */
  line(text?: string): void
  paint(colour: Colour, text: string): string
  /** Writes text of several lines, indented and wrapped. */
  block(text: string, indent: number, colour?: Colour): void
}

export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** Colours if `output` is a terminal and NO_COLOR is unset or empty; 80 to 100 columns. */
export function createPaper(output: Output, environment: Readonly<Record<string, string | undefined>>): Paper {
  const coloured = output.isTTY === true && !environment['NO_COLOR']
  const width = Math.min(100, Math.max(80, output.columns ?? 96))
  const line = (text = ''): void => { output.write(`${text}\n`) }
  const paint = (colour: Colour, text: string): string => coloured ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text
  return {
    width, line, paint,
    block(text, indent, colour) {
      for (const part of text.trimEnd().split('\n')) {
        for (const piece of wrap(part, width - indent)) {
          line(`${' '.repeat(indent)}${colour === undefined ? piece : paint(colour, piece)}`.trimEnd())
        }
      }
    },
  }
}

/** Breaks a line at spaces, or in the middle of a long word. What follows an indented beginning is indented more. */
export function wrap(text: string, width: number): string[] {
  const lead = /^ */.exec(text)![0]
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const at = space > lead.length + 2 ? space : width
    lines.push(rest.slice(0, at))
    rest = `${lead}${lead === '' ? '' : '  '}${rest.slice(at).trimStart()}`
  }
  lines.push(rest)
  return lines
}
