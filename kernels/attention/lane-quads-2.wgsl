// LANE_QUADS at most, where subgroups are as large as usual: what a thread keeps fits into registers
const MAX_LANE_QUADS = 2u;
// As many of two positions
const MAX_QUADS = 4u;
