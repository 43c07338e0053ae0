/**
 * What folding does with a character (see string-prep). Imported as a namespace, they are constants that a bundler puts in
 * their places.
 */

/** Its case is folded, and one unit stands for it, whatever stands beside it. */
export const stays = 1
export const vanishes = 2
export const separates = 3
/** The value cannot be compared. */
export const prohibits = 4
/** Normalisation may change it, or join it to a neighbour. */
export const normalises = 5
export const combines = 6
/** Normalisation makes five or more characters of it. */
export const expands = 7
