/** The longest side that is searched: a code on a photograph of any camera is still large enough. */
const MAX_SIDE = 2_400;

/** The Shape Detection API, where the browser has it; TypeScript's library does not. */
interface NativeDetector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>;
}
interface NativeDetectors {
  new (options: { formats: string[] }): NativeDetector;
  getSupportedFormats(): Promise<string[]>;
}

let native: Promise<NativeDetector | undefined> | undefined;

async function findNative(): Promise<NativeDetector | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: NativeDetectors };
  const formats = (await BarcodeDetector?.getSupportedFormats()) ?? [];
  return formats.includes('qr_code') ? new BarcodeDetector!({ formats: ['qr_code'] }) : undefined;
}

/**
 * What the QR code in an image says, if there is one. The browser reads it where it can, else a decoder that is loaded
 * then; `searchMs` is what the latter may take for an image that is hard to read.
 */
export async function readQr(image: ImageBitmap, searchMs: number): Promise<string | undefined> {
  native ??= findNative();
  const detector = await native;
  if (detector) return (await detector.detect(image))[0]?.rawValue;

  const { decodeQR } = await import('qr/decode.js');
  try {
    return decodeQR(pixelsOf(image), { timeLimit: searchMs });
  } catch {
    // It throws where there is nothing to read, as in most frames of a camera
    return undefined;
  }
}

function pixelsOf(image: ImageBitmap): ImageData {
  const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) =>
    Math.max(1, Math.round(side * scale)),
  ) as [number, number];
  const canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  canvas.drawImage(image, 0, 0, width, height);
  return canvas.getImageData(0, 0, width, height);
}
