/** A WAV file of whole numbers with 16 bits. */
export function wavOf(samples: Float32Array, rate = 16_000, channels = 1): Uint8Array<ArrayBuffer> {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at: number, name: string) =>
    [...name].forEach((char, i) => void bytes.setUint8(at + i, char.charCodeAt(0)));
  text(0, 'RIFF');
  bytes.setUint32(4, bytes.byteLength - 8, true);
  text(8, 'WAVEfmt ');
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, channels, true);
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, rate * channels * 2, true);
  bytes.setUint16(32, channels * 2, true);
  bytes.setUint16(34, 16, true);
  text(36, 'data');
  bytes.setUint32(40, samples.length * 2, true);
  for (const [i, value] of samples.entries()) bytes.setInt16(44 + 2 * i, Math.round(value * 32_767), true);
  return new Uint8Array(bytes.buffer);
}
