import { type Environment, Interpreter } from '@huggingface/jinja';

type Value = ReturnType<Interpreter['evaluate']>;
type Node = Parameters<Interpreter['evaluate']>[0];

export interface Bounds {
  /** Milliseconds from any point in time. */
  clock: () => number;
  maxMs: number;
  /** Characters of a value and all that it holds; an element counts as `ELEMENT_SIZE` of them. */
  maxSize: number;
}

export const ELEMENT_SIZE = 64;

/** A template that asked for more than its bounds. */
export class TooMuch extends Error {}

/**
 * Runs a template that a stranger wrote. Every node of it is evaluated by `evaluate`, so that a loop without end
 * is stopped here, and a value that doubles and doubles. What is not seen is the inside of a single filter, which
 * works on values of bounded size.
 */
export class TemplateInterpreter extends Interpreter {
  private readonly deadline: number;
  private readonly sizes = new WeakMap<Value, number>();

  constructor(
    environment: Environment,
    private readonly bounds: Bounds,
  ) {
    super(environment);
    this.deadline = bounds.clock() + bounds.maxMs;
  }

  override evaluate(node: Node, environment: Environment): Value {
    if (this.bounds.clock() > this.deadline)
      throw new TooMuch(`it runs for more than ${this.bounds.maxMs} ms`);
    const value = super.evaluate(this.asInPython(node, environment), environment);
    if (this.size(value) > this.bounds.maxSize)
      throw new TooMuch(`it makes a value of more than ${this.bounds.maxSize} characters`);
    return value;
  }

  /** Two places where the library is stricter than Python and published templates break on it. */
  private asInPython(node: Node, environment: Environment): Node {
    // Loops unpack tuples
    if (node?.type === 'TupleLiteral') return { ...node, type: 'ArrayLiteral' };
    // Nothing is selected from none
    if (isSelection(node) && super.evaluate(node.operand, environment).type === 'NullValue')
      return { ...node, operand: { type: 'ArrayLiteral', value: [] } } as Node;
    return node;
  }

  /** Shared parts count each time: a list of twice itself, nested 30 times, is written out in a billion parts. */
  private size(value: Value): number {
    const { value: content } = value;
    if (typeof content === 'string') return content.length;
    if (content === null || typeof content !== 'object') return 1;

    const known = this.sizes.get(value);
    if (known !== undefined) return known;
    // Stands in while a value that contains itself is measured
    this.sizes.set(value, 1);
    let size = 1;
    for (const part of content.values()) size += ELEMENT_SIZE + this.size(part as Value);
    this.sizes.set(value, size);
    return size;
  }
}

function isSelection(node: Node): node is NonNullable<Node> & { operand: NonNullable<Node> } {
  if (node?.type !== 'FilterExpression') return false;
  const { operand, filter } = node as unknown as {
    operand: { type: string };
    filter: { callee?: { value?: string } };
  };
  const name = filter.callee?.value ?? '';
  return operand.type === 'Identifier' && ['select', 'reject', 'selectattr', 'rejectattr'].includes(name);
}
