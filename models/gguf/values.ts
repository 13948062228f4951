/** One metadata value with the type that the file gives it. 64-bit integers are numbers where that is exact. */
export type GgufValue =
  | { type: NumberType; value: number }
  | { type: BigType; value: number | bigint }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | GgufArray;

export type GgufArray =
  | { type: 'array'; of: NumberType; value: NumberArray }
  | { type: 'array'; of: BigType; value: readonly (number | bigint)[] }
  | { type: 'array'; of: 'bool'; value: readonly boolean[] }
  | { type: 'array'; of: 'string'; value: readonly string[] }
  | { type: 'array'; of: 'array'; value: readonly GgufArray[] };

export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export type NumberType = keyof typeof NUMBER_ARRAYS;
export type BigType = 'uint64' | 'int64';
export type GgufType = NumberType | BigType | 'bool' | 'string' | 'array';

/** The file's numbers for the types: a type's id is its index. */
export const GGUF_TYPES = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const satisfies readonly GgufType[];

/** Types whose arrays have a typed array in JavaScript. */
export const NUMBER_ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function isNumberType(type: GgufType): type is NumberType {
  return Object.hasOwn(NUMBER_ARRAYS, type);
}

/** The fewest bytes that a value of this type takes in a file: what bounds a count before anything is allocated. */
export function leastBytes(type: GgufType): number {
  if (isNumberType(type)) return NUMBER_ARRAYS[type].BYTES_PER_ELEMENT;
  if (type === 'bool') return 1;
  return type === 'array' ? 12 : 8;
}
