// Silero's detector and the recording that it comes with, where they lie beside the checkout.
import { readFileSync } from 'node:fs';
import { dataFile, isMissing } from '../data.ts';

export const VARIANTS = [
  'silero_vad.onnx',
  'silero_vad_16k_op15.onnx',
  'silero_vad_half.onnx',
  'silero_vad_op18_ifless.onnx',
] as const;
export type Variant = (typeof VARIANTS)[number];

/** The one that is quickest to load. */
const DEFAULT = 'silero_vad_op18_ifless.onnx';
const WINDOW = 512;

const bytes = (name: string) => new Uint8Array(readFileSync(dataFile('silero-vad', name)));

export const hasSilero = !isMissing('silero-vad', 'expected_probs.json');

export function detectorFile(name: Variant = DEFAULT): Record<string, Uint8Array<ArrayBuffer>> {
  return { [name]: bytes(name) };
}

/** A minute, as 16-bit WAV at 16 kHz. */
export function recordingFile(): Uint8Array<ArrayBuffer> {
  return bytes('test.wav');
}

/** Its first windows, as samples. */
export function recording(windows: number): Float32Array {
  const { buffer } = recordingFile().slice(44, 44 + windows * WINDOW * 2);
  return Float32Array.from(new Int16Array(buffer), (value) => value / 2 ** 15);
}

/** What ONNX Runtime says outside of a browser. */
export function wantedProbabilities(name: Variant = DEFAULT): number[] {
  return JSON.parse(readFileSync(dataFile('silero-vad', 'expected_probs.json'), 'utf8')).probs[name];
}
