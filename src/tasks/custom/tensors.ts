import { MAX_TENSOR_VALUES } from '../../protocol/limits.ts';
import type { PlainTensor } from '../../protocol/tasks.ts';
import { bad, isPlain, type Parse } from '../args.ts';

/** ONNX Runtime's name of a type of values, and the array that it lies in. */
const ARRAYS: Record<string, { new (values: ArrayLike<never>): PlainTensor['data']; name: string }> = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Whether a page means tensors by name, and no image, whose `data` has no `dims`. */
export function isTensors(value: unknown): value is Record<string, PlainTensor> {
  const all = isPlain(value) && !(value instanceof Blob) ? Object.values(value) : [];
  return all.length > 0 && all.every((one) => isPlain(one) && 'dims' in one && 'data' in one);
}

export const tensors: Parse<Record<string, PlainTensor>> = (value, name) => {
  const given = Object.entries(value as Record<string, PlainTensor>);
  const made = given.map(([key, one]) => [key, tensor(one, `${name}, ${key}`)] as const);
  const values = made.reduce((sum, [, { data }]) => sum + data.length, 0);
  if (values > MAX_TENSOR_VALUES) throw bad(name, `at most ${MAX_TENSOR_VALUES} values`);
  return Object.fromEntries(made);
};

const tensor: Parse<PlainTensor> = (value, name) => {
  const { type = 'float32', dims, data } = value as Record<string, unknown>;
  const kind = typeof type === 'string' && Object.hasOwn(ARRAYS, type) ? ARRAYS[type] : undefined;
  if (!kind) throw bad(`the type of ${name}`, `one of ${Object.keys(ARRAYS).join(', ')}`);
  const areSizes =
    Array.isArray(dims) && dims.length <= 8 && dims.every((size) => Number.isInteger(size) && size >= 0);
  if (!areSizes) throw bad(`the dims of ${name}`, 'a list of whole numbers');
  const wanted = dims.reduce((product: number, size: number) => product * size, 1);
  const isArray = ArrayBuffer.isView(data) && data.constructor.name === kind.name;
  if (!isArray || (data as unknown as PlainTensor['data']).length !== wanted)
    throw bad(`the data of ${name}`, `a ${kind.name} of ${wanted} values`);
  return { type: type as string, dims: [...dims], data: new kind(data as unknown as ArrayLike<never>) };
};
