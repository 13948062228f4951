/**
 * Width and height that a PNG, GIF, WebP or JPEG file says it has, from its first bytes; undefined for what is none of
 * these or says nothing.
 */
export function imageSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length < 30) return undefined;
  // PNG: signature, then the IHDR chunk
  if (name(1, 3) === 'PNG') return { width: view.getUint32(16), height: view.getUint32(20) };
  // GIF: the logical screen
  if (name(0, 4) === 'GIF8') return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (name(0, 4) === 'RIFF' && name(8, 4) === 'WEBP') return webpSize(view, name(12, 4));
  return view.getUint16(0) === 0xffd8 ? jpegSize(view) : undefined;
}

/** The three kinds of WebP: extended (24 bits each, less one), lossy (14 bits), lossless (14 bits each, less one). */
function webpSize(view: DataView, kind: string): { width: number; height: number } | undefined {
  if (kind === 'VP8X')
    return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  if (kind === 'VP8 ')
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (kind !== 'VP8L') return undefined;
  const bits = view.getUint32(21, true);
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

/** The frame header, behind segments that say how long they are. */
function jpegSize(view: DataView): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    const marker = view.getUint16(at);
    const isFrame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    if (marker < 0xff00) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
