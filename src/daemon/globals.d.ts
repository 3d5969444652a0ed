/** The package's version, put in by the build. */
declare const HERALD_VERSION: string;
