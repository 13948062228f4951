/** What the nibbles of IQ4_NL and IQ4_XS mean. */
export const IQ4_VALUES = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
