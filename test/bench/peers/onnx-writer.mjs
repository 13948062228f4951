// @ts-check
// As much of ONNX's protobuf (onnx.proto, IR version 10) as a graph for `transformers.mjs` takes.

/** TensorProto.DataType */
export const TYPES = { f32: 1, u8: 2, i32: 6, i64: 7 };
/** AttributeProto.AttributeType */
const [FLOAT, INT, INTS] = [1, 2, 7];

/** @typedef {{ op: string, domain?: string, inputs: string[], outputs: string[], attributes?: Record<string, number | number[] | { float: number }> }} Node */
/** @typedef {{ name: string, type: keyof typeof TYPES, dims: (number | string)[] }} Value A text for a length that is not known */
/** @typedef {{ name: string, type: keyof typeof TYPES, dims: number[], data: Uint8Array } | { name: string, type: keyof typeof TYPES, dims: number[], file: string, offset: number, length: number }} Tensor */

/**
 * @param {{ nodes: Node[], tensors: Tensor[], inputs: Value[], outputs: Value[] }} graph
 * @returns {Uint8Array}
 */
export function onnxModel({ nodes, tensors, inputs, outputs }) {
  const graph = message(
    ...nodes.map((node, i) => bytes(1, nodeProto(node, i))),
    text(2, 'random'),
    ...tensors.map((tensor) => bytes(5, tensorProto(tensor))),
    ...inputs.map((value) => bytes(11, valueProto(value))),
    ...outputs.map((value) => bytes(12, valueProto(value))),
  );
  const opset = (/** @type {string} */ domain, /** @type {number} */ version) =>
    bytes(8, message(text(1, domain), number(2, version)));
  return message(number(1, 10), opset('', 21), opset('com.microsoft', 1), bytes(7, graph));
}

/** @param {Node} node @param {number} i */
function nodeProto({ op, domain = '', inputs, outputs, attributes = {} }, i) {
  return message(
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(3, `${op} ${i}`),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attributeProto(name, value))),
    text(7, domain),
  );
}

/** @param {string} name @param {number | number[] | { float: number }} value */
function attributeProto(name, value) {
  if (typeof value === 'number') return message(text(1, name), number(3, value), number(20, INT));
  if (Array.isArray(value))
    return message(text(1, name), ...value.map((one) => number(8, one)), number(20, INTS));
  const float = Buffer.alloc(4);
  float.writeFloatLE(value.float);
  return message(text(1, name), Buffer.concat([varint(2 * 8 + 5), float]), number(20, FLOAT));
}

/** @param {Tensor} tensor */
function tensorProto(tensor) {
  const { name, type, dims } = tensor;
  const shape = dims.map((length) => number(1, length));
  const head = [...shape, number(2, TYPES[type]), text(8, name)];
  if ('data' in tensor) return message(...head, bytes(9, tensor.data));
  const entry = (/** @type {string} */ key, /** @type {string | number} */ value) =>
    bytes(13, message(text(1, key), text(2, `${value}`)));
  return message(
    ...head,
    entry('location', tensor.file),
    entry('offset', tensor.offset),
    entry('length', tensor.length),
    number(14, 1),
  );
}

/** @param {Value} value */
function valueProto({ name, type, dims }) {
  const shape = dims.map((length) =>
    bytes(1, typeof length === 'number' ? number(1, length) : text(2, length)),
  );
  const tensor = message(number(1, TYPES[type]), bytes(2, message(...shape)));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}

/** @param {Uint8Array[]} fields */
function message(...fields) {
  return Buffer.concat(fields);
}

/** @param {number} field @param {number} value */
function number(field, value) {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** @param {number} field @param {Uint8Array} value */
function bytes(field, value) {
  return Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
}

/** @param {number} field @param {string} value */
function text(field, value) {
  return bytes(field, Buffer.from(value));
}

/** Of a number that is not negative. @param {number} value */
function varint(value) {
  const digits = [];
  for (; value >= 128; value = Math.floor(value / 128)) digits.push((value % 128) + 128);
  return Buffer.from([...digits, value]);
}
