import type { PeerId } from '../../protocol/peer-id.ts';
import type { StageSpan } from '../../protocol/stage.ts';

/** A stage that stands somewhere, with its weights on a GPU. */
export interface Standing {
  peer: PeerId;
  span: StageSpan;
  /** Of one step, with what waits there. */
  stageMs: number;
}

export interface Route {
  stages: { peer: PeerId; span: StageSpan }[];
  costMs: number;
}

interface Vertex {
  peer: PeerId;
  /** Layers that lie behind. */
  boundary: number;
  costMs: number;
  by: Standing | undefined;
  from: Vertex | undefined;
}

/**
 * The shortest way of a request through stages that stand already: Dijkstra (1959) over (peer, boundary), where an edge
 * is the hop to a stage and its step. From the asker at boundary 0 to the asker behind the last layer.
 */
export function findRoute(
  self: PeerId,
  layers: number,
  standing: readonly Standing[],
  hopMs: (from: PeerId, to: PeerId) => number,
): Route | undefined {
  const open: Vertex[] = [{ peer: self, boundary: 0, costMs: 0, by: undefined, from: undefined }];
  const settled = new Set<string>();
  for (;;) {
    // A room has a few dozen vertices: a look at each costs less than a heap
    const nearest = open.reduce<Vertex | undefined>(
      (best, vertex) => (best && best.costMs <= vertex.costMs ? best : vertex),
      undefined,
    );
    if (!nearest || nearest.costMs === Number.POSITIVE_INFINITY) return undefined;
    open.splice(open.indexOf(nearest), 1);
    const key = `${nearest.peer} ${nearest.boundary}`;
    if (settled.has(key)) continue;
    settled.add(key);
    if (nearest.boundary > layers) return { stages: stagesTo(nearest), costMs: nearest.costMs };

    if (nearest.boundary === layers) {
      // One past the last layer: back where the ids are wanted
      const costMs = nearest.costMs + hopMs(nearest.peer, self);
      open.push({ peer: self, boundary: layers + 1, costMs, by: undefined, from: nearest });
      continue;
    }
    for (const stage of standing) {
      const { first, end, embeds, samples } = stage.span;
      const isNext = first === nearest.boundary && embeds === (first === 0) && samples === (end === layers);
      if (!isNext || isOnWay(nearest, stage.peer)) continue;
      const costMs = nearest.costMs + hopMs(nearest.peer, stage.peer) + stage.stageMs;
      open.push({ peer: stage.peer, boundary: end, costMs, by: stage, from: nearest });
    }
  }
}

/** A machine is in a chain once: a second stage of it would wait for the first. */
function isOnWay(vertex: Vertex | undefined, peer: PeerId): boolean {
  for (let at = vertex; at; at = at.from) if (at.by?.peer === peer) return true;
  return false;
}

function stagesTo(vertex: Vertex): Route['stages'] {
  const stages: Route['stages'] = [];
  for (let at: Vertex | undefined = vertex; at; at = at.from)
    if (at.by) stages.unshift({ peer: at.by.peer, span: at.by.span });
  return stages;
}
