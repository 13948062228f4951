/**
 * What a kernel's wrapper says about its WGSL. Numbers only: buffers, bind groups and dispatch belong to
 * the engine (`src/engine/device/device.ts`), so a kernel can be read and tested alone.
 */
export interface Kernel<Shape> {
  readonly name: string;
  /** One or more .wgsl files, joined. The entry point is `main`; everything is in group 0. */
  readonly wgsl: string;
  /** Kinds of the bindings 0, 1, 2 … of group 0. */
  readonly bindings: readonly BindingKind[];
  /** Adapter features without which the WGSL does not compile. */
  readonly needs?: readonly KernelFeature[];
  /** Values of the WGSL's `override` constants. They may depend on sizes fixed by the model, never on `rows`. */
  constants(shape: Shape): Record<string, number>;
  /** Workgroups to dispatch. A dimension is at most 65,535: large grids are folded into y. */
  workgroups(shape: Shape): readonly [x: number, y?: number, z?: number];
  /** What one dispatch has to do, to be compared with what the adapter could: not known if absent. */
  cost?(shape: Shape, step: StepSize): Cost;
}

/** The least that a dispatch does: each value is read or written once, however often a variant does so. */
export interface Cost {
  /** Read from memory and written to it. */
  bytes: number;
  /** Multiplications and additions, two for each product that is added up. */
  operations: number;
  /** Whether products are of int8 (dot4I8Packed). */
  isInteger?: boolean;
}

/** What of a step costs depend on, though no dispatch is sized by it. */
export interface StepSize {
  rows: number;
  /** The longest context of a decoding row: positions that it attends to. */
  depth: number;
}

/** `read` and `write` are storage buffers (write = read_write). */
export type BindingKind = 'read' | 'write' | 'uniform';
export type KernelFeature = 'shader-f16' | 'subgroups' | typeof SUBGROUP_MATRIX;

/** Not in the standard yet: Chromium has it where it is asked to. */
export const SUBGROUP_MATRIX = 'chromium-experimental-subgroup-matrix';

/** Workgroups per dimension that every adapter takes. */
export const MAX_WORKGROUPS = 65_535;

/** `count` workgroups as a grid of two dimensions; the kernel finds its index as `y * GRID_X + x` with `num_workgroups.x`. */
export function grid(count: number): [x: number, y: number] {
  if (count <= MAX_WORKGROUPS) return [count, 1];
  const y = Math.ceil(count / MAX_WORKGROUPS);
  return [Math.ceil(count / y), y];
}
