import type { PlainImage, PlainTensor } from '../protocol/tasks.ts';
import type { Library } from './library.ts';

/** What a pipeline returned, as values that can be sent: tensors and images become plain, all else stays in its shape. */
export function plain(value: unknown, { Tensor, RawImage }: Pick<Library, 'Tensor' | 'RawImage'>): unknown {
  if (value instanceof Tensor) return plainTensor(value);
  if (value instanceof RawImage) {
    const { width, height, channels, data } = value;
    return { width, height, channels, data: data.slice() } satisfies PlainImage;
  }
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((one) => plain(one, { Tensor, RawImage }));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, plain(one, { Tensor, RawImage })]),
  );
}

/** The tensor's memory may be part of a larger piece, which would be sent with it. */
function plainTensor({ type, dims, data }: { type: string; dims: number[]; data: unknown }): PlainTensor {
  const values = data as Float32Array | BigInt64Array;
  return { type, dims: [...dims], data: values.slice() };
}
