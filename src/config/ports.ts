/** What reading a configuration needs of the machine. `host/config-files.ts` implements it. */
export interface ConfigFiles {
  /**
   * Throws an Error with `code` (as `EACCES`, `EISDIR`) when the file cannot be read. What people would not guess has a
   * `reason` as well, half a sentence.
   */
  read(path: string): Uint8Array;
  exists(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Paths that match a shell pattern (`*`, `?`, `[..]`; no `**`), sorted. Empty when nothing does. */
  glob(pattern: string): readonly string[];
}

export interface UserRecord {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Facts about the machine and the daemon's own process, as they were at start. */
export interface World {
  readonly env: ReadonlyMap<string, string>;
  /** Absolute. */
  readonly cwd: string;
  /** What `uname` calls the node. */
  readonly hostname: string;
  /** The system's folder for temporary files. */
  readonly tempDir: string;
  readonly uid: number;
  lookupUser(user: string | number): UserRecord | undefined;
  /** The numeric id of a group. */
  lookupGroup(group: string | number): number | undefined;
}
