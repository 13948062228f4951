import { damaged, type HeaderBytes } from './header-bytes.ts';
import {
  GGUF_TYPES,
  type GgufArray,
  type GgufType,
  type GgufValue,
  leastBytes,
  NUMBER_ARRAYS,
  type NumberArray,
  type NumberType,
} from './values.ts';

/** Nobody has published a file with arrays in arrays in arrays. */
const MAX_DEPTH = 3;

export function readValue(header: HeaderBytes): GgufValue {
  const type = readType(header);
  switch (type) {
    case 'string':
      return { type, value: header.string() };
    case 'bool':
      return { type, value: readBool(header) };
    case 'array':
      return readArray(header, 1);
    case 'uint64':
    case 'int64':
      return { type, value: readBig(header, type) };
    default:
      return { type, value: readNumbers(header, type, 1)[0]! };
  }
}

function readArray(header: HeaderBytes, depth: number): GgufArray {
  if (depth > MAX_DEPTH) throw damaged(`${header.part} has arrays in arrays deeper than ${MAX_DEPTH}`);
  const of = readType(header);
  const length = header.u64();
  header.expect(length, leastBytes(of), 'values');

  const items = <T>(read: () => T): T[] => {
    header.countItems(length);
    const value: T[] = [];
    for (let i = 0; i < length; i++) value.push(read());
    return value;
  };
  switch (of) {
    case 'string':
      return { type: 'array', of, value: items(() => header.string()) };
    case 'bool':
      return { type: 'array', of, value: items(() => readBool(header)) };
    case 'array':
      return { type: 'array', of, value: items(() => readArray(header, depth + 1)) };
    case 'uint64':
    case 'int64':
      return { type: 'array', of, value: items(() => readBig(header, of)) };
    default:
      return { type: 'array', of, value: readNumbers(header, of, length) };
  }
}

function readType(header: HeaderBytes): GgufType {
  const id = header.u32();
  const type = GGUF_TYPES[id];
  if (type === undefined) throw damaged(`${header.part} has the unknown value type ${id}`);
  return type;
}

function readBool(header: HeaderBytes): boolean {
  const byte = header.u8();
  if (byte > 1) throw damaged(`${header.part} is neither true nor false but ${byte}`);
  return byte === 1;
}

function readBig(header: HeaderBytes, type: 'uint64' | 'int64'): number | bigint {
  const view = header.next(8);
  const value = type === 'uint64' ? view.getBigUint64(0, true) : view.getBigInt64(0, true);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** The platform's byte order is taken for the file's: every machine with WebGPU is little-endian. */
function readNumbers(header: HeaderBytes, type: NumberType, length: number): NumberArray {
  return new NUMBER_ARRAYS[type](header.copy(length * leastBytes(type)));
}
