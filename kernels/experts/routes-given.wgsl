// Routes that are there already

@group(0) @binding(4) var<storage, read> routes: array<Route>;  // (pairs)

fn route_of(pair: u32, unit: u32, thread: u32) -> Route {
  return routes[pair];
}
