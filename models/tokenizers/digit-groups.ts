// Numbers cut into threes from their right, as they are read. An expression for it would look ahead from every digit.

/** AFMoE's and Tiny Aya's: numbers of any script. What comes before one stays with its first group. */
export function* afterNumberGroups(text: string): Generator<number> {
  for (const { 0: run, index } of text.matchAll(/\p{N}+/gu)) {
    const ends = [...run].map((digit) => digit.length);
    let [at, count] = [index, 0];
    for (const length of ends) {
      at += length;
      count++;
      if ((ends.length - count) % 3 === 0) yield at;
    }
  }
}

/** SuperBPE's: before every group of a run of ASCII digits that has all its three. */
export function* beforeWholeGroups(text: string): Generator<number> {
  for (const { 0: run, index } of text.matchAll(/[0-9]+/g)) {
    for (let at = index + (run.length % 3); at < index + run.length; at += 3) yield at;
  }
}
