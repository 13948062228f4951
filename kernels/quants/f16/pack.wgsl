const PLANES = 4u;
