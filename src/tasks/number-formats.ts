import { DTYPES, type Dtype } from '../protocol/tasks.ts';

/** What a page gets that names none: the first of these that the model has all its files in. */
export const PREFERRED: readonly Dtype[] = ['q8', 'fp32', 'fp16', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'];

/** How a file's name says what its weights are in, by Transformers.js's convention: `model_quantized.onnx`. */
export function suffixOf(dtype: string): string {
  return { fp32: '', q8: '_quantized' }[dtype] ?? `_${dtype}`;
}

/** The formats in which a bundle has ONNX files, by their names. */
export function formatsOf(paths: readonly string[]): Dtype[] {
  const files = paths.filter((path) => path.endsWith('.onnx'));
  const has = (dtype: Dtype) =>
    files.some((path) =>
      dtype === 'fp32'
        ? !DTYPES.some((other) => other !== 'fp32' && path.endsWith(`${suffixOf(other)}.onnx`))
        : path.endsWith(`${suffixOf(dtype)}.onnx`),
    );
  return PREFERRED.filter(has);
}
