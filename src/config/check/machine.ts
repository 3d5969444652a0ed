/** What a check asks the machine besides what reading asks. `daemon/check-machine.ts` implements it. */
export interface CheckMachine {
  /** Why a command would not start, undefined when it would. `searchPath` is a PATH value. */
  commandFault(word: string, searchPath: string): string | undefined;
  /** Whether this process may make files in a folder; false as well when it does not exist. */
  mayWriteInto(folder: string): boolean;
  /** Whether an existing file may be written; true when it does not exist. */
  mayWrite(file: string): boolean;
}
