#!/usr/bin/env python3
"""Writes src/x509/unicode-3.2.ts, the code points that no compared value may hold: unassigned in Unicode 3.2 (RFC 3454
table A.1), prohibited by RFC 4518 2.4, or controls and format characters, which our deviation from 2.2 prohibits; and
test/support/unicode-3.2-folds.ts, its case folding for NFKC (table B.2), from Python's stringprep module, which carries
that version.

Run: python3 scripts/make-unicode-tables.py
"""
import stringprep
import unicodedata

LIMIT = 0x110000


def prohibited(c):
    # Surrogates cannot appear in a decoded string. Format characters are those of RFC 4518 2.2.
    return (0xD800 <= c <= 0xDFFF or stringprep.in_table_a1(chr(c))
            or c < 0x09 or 0x0E <= c < 0x20 or 0x7F <= c <= 0x84 or 0x86 <= c <= 0x9F
            or c in (0x06DD, 0x070F, 0x180E, 0xFEFF, 0xE0001) or 0x200B <= c <= 0x200F or 0x202A <= c <= 0x202E
            or 0x2060 <= c <= 0x206F or 0xFFF9 <= c <= 0xFFFB or 0x1D173 <= c <= 0x1D17A or 0xE0020 <= c <= 0xE007F
            or c == 0xFFFD or c in (0x0340, 0x0341)
            or stringprep.in_table_c3(chr(c)) or stringprep.in_table_c4(chr(c)))


def prohibited_runs():
    runs, start = [], None
    for c in range(LIMIT):
        bad = prohibited(c)
        if bad and start is None:
            start = c
        if not bad and start is not None:
            runs.append((start, c - 1))
            start = None
    if start is not None:
        runs.append((start, LIMIT - 1))
    return runs


def folding():
    single, multi = {}, {}
    for c in range(0x80, LIMIT):
        if 0xD800 <= c <= 0xDFFF or stringprep.in_table_a1(chr(c)):
            continue
        folded = stringprep.map_table_b2(chr(c))
        # What NFKC does by itself need not be in the table.
        if folded == chr(c) or folded == unicodedata.ucd_3_2_0.normalize('NFKC', chr(c)):
            continue
        if len(folded) == 1:
            single[c] = ord(folded)
        else:
            multi[c] = folded
    return single, multi


def runs_of(single):
    """Groups (start, count, step, delta): start, start+step, … each map to themselves plus delta."""
    left = sorted(single)
    out = []
    while left:
        start = left[0]
        delta = single[start] - start
        best = [start]
        for step in (1, 2):
            run, c = [start], start + step
            while single.get(c, None) == c + delta and c in single and c in set(left[:400]):
                run.append(c)
                c += step
            if len(run) > len(best):
                best, best_step = run, step
        step = best[1] - best[0] if len(best) > 1 else 1
        out.append((start, len(best), step, delta))
        gone = set(best)
        left = [c for c in left if c not in gone]
    return out


def b36(n):
    digits = '0123456789abcdefghijklmnopqrstuvwxyz'
    if n < 0:
        return '-' + b36(-n)
    s = ''
    while True:
        s = digits[n % 36] + s
        n //= 36
        if n == 0:
            return s


def digits(n):
    """Capitals, each a digit of base 26, before a last digit of base 36: it ends where there is no capital."""
    last = b36(n % 36)
    n //= 36
    while n > 0:
        last = chr(ord('A') + n % 26) + last
        n //= 26
    return last


def main():
    previous, words = 0, []
    for a, b in prohibited_runs():
        words += [digits(a - previous), digits(b - a)]
        previous = b
    single, multi = folding()
    rows, previous = [], 0
    for start, count, step, delta in runs_of(single):
        rows.append(','.join((b36(start - previous), b36(count), str(step), b36(delta))))
        previous = start
    special = ';'.join(b36(c) + ',' + ','.join(b36(ord(x)) for x in t) for c, t in multi.items())
    with open('src/x509/unicode-3.2.ts', 'w', encoding='utf-8') as file:
        print('''/** A table of RFC 3454 and RFC 4518, made by scripts/make-unicode-tables.py; do not edit. */

/**
 * What no compared value may hold: pairs (gap since the last run's end, length - 1), each the capitals of a number in base 26
 * and then one digit of base 36.
 */''', file=file)
        print("export const prohibitedRuns: string =\n  '" + ''.join(words) + "'", file=file)
    with open('test/support/unicode-3.2-folds.ts', 'w', encoding='utf-8') as file:
        print('''/**
 * Table B.2 of RFC 3454, made by scripts/make-unicode-tables.py; do not edit.
 * The source folds by what runtimes have built in; this is what that is compared with.
 */

/** B.2, one to one: rows (gap since the last start, count, step, difference) in base 36. */''', file=file)
        print("export const foldRuns: string =\n  '" + ' '.join(rows) + "'\n", file=file)
        print('/** B.2, one to many: rows (code point, replacement…) in base 36. */', file=file)
        print("export const foldSpecials: string =\n  '" + special + "'", file=file)


main()
