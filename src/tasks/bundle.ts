/** The files of one model. */
export interface Bundle {
  id: string;
  paths: string[];
  /** Undefined if there is none of that path. */
  read(path: string): Promise<Blob | undefined>;
}
