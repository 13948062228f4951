// Routes of the router's logits: every workgroup chooses for itself, which takes less time than a dispatch that does it
// once. Those of the first unit write down what they chose, for the kernels behind this one.

const LOGITS = 7;
const CHOICE_BIAS = 8;

@group(0) @binding(4) var<storage, read_write> routes: array<Route>;  // (pairs)

var<workgroup> own_route: Route;

fn route_of(pair: u32, unit: u32, thread: u32) -> Route {
  choose(pair / USED, thread);
  if (thread == 0u) {
    let j = pair % USED;
    own_route = Route(chosen[j], 0.0);
    if (WEIGHTS_FIRST || unit == 0u) {
      own_route = choice(j);
    }
    if (unit == 0u) {
      routes[pair] = own_route;
    }
  }
  return workgroupUniformLoad(&own_route);
}
