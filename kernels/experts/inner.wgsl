// An expert's inner values: act(gate, up), after biases. Its kernel has FFN, the rows of gate, and `bias`: gate's of
// all experts (experts, FFN), then up's.
//
//   silu     silu(gate) * up
//   gelu     gelu(gate) * up, in its tanh form (as kernels/geglu)
//   clamped  g * sigmoid(1.702 g) * (u + 1), with g at most 7 and u from -7 to 7 (gpt-oss)

override ACT: u32;             // 0, 1, 2 in that order
override WEIGHTS_FIRST: bool;  // whether gate and up are multiplied by the pair's weight
override BIASED: bool;

// Past it exp is infinite, and its inverse zero in f32 either way
const LARGEST = 88.0;
const TWICE_ROOT_2_OVER_PI = 1.5957691216057308;
const CLAMP = 7.0;
const STEEPNESS = 1.702;

fn act(gate: f32, up: f32) -> f32 {
  if (ACT == 2u) {
    let g = min(gate, CLAMP);
    return g * sigmoid(STEEPNESS * g) * (clamp(up, -CLAMP, CLAMP) + 1.0);
  }
  if (ACT == 1u) {
    return gate * sigmoid(TWICE_ROOT_2_OVER_PI * gate * (1.0 + 0.044715 * gate * gate)) * up;
  }
  return gate * sigmoid(gate) * up;
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, LARGEST)));
}

fn inner(route: Route, n: u32, gate: f32, up: f32) -> f32 {
  let weight = select(1.0, route.weight, WEIGHTS_FIRST);
  var sums = weight * vec2<f32>(gate, up);
  if (BIASED) {
    let at = route.expert * FFN + n;
    sums += vec2<f32>(bias[at], bias[arrayLength(&bias) / 2u + at]);
  }
  return act(sums.x, sums.y);
}
