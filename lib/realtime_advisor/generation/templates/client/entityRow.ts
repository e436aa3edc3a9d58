// $about

export type EntityRow = Record<string, unknown>;
