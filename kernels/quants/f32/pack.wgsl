const PLANES = 8u;
