// Numbers cut into threes from their right, as they are read. An expression for it would look ahead from every digit.

/** Where a run of `length` digits from `start` on is cut inside. */
function* insideThrees(start: number, length: number): Generator<number> {
  for (let at = start + (length % 3 || 3); at < start + length; at += 3) yield at;
}

/** AFMoE's: numbers of any script. What comes before one stays with its first group. */
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

/** Tiny Aya's: runs of ASCII digits that no word goes on from; each group is a word. */
export function* aroundNumberGroups(text: string): Generator<number> {
  for (const { 0: run, index } of text.matchAll(/(?<![0-9])[0-9]+(?![0-9A-Za-z_])/g)) {
    yield index;
    yield* insideThrees(index, run.length);
    yield index + run.length;
  }
}

/** SuperBPE's: before every group of a run of ASCII digits that has all its three. */
export function* beforeWholeGroups(text: string): Generator<number> {
  for (const { 0: run, index } of text.matchAll(/[0-9]+/g)) {
    if (run.length % 3 === 0) yield index;
    yield* insideThrees(index, run.length);
  }
}
