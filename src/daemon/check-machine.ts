/** The machine as a check of a configuration asks about it. Nothing is made or changed. */
import { accessSync, constants } from 'node:fs';
import type { CheckMachine } from '../config/check/machine.ts';
import { resolveCommand } from '../host/commands.ts';
import { errorCode } from '../host/error-code.ts';
import { CommandError } from '../supervisor/ports.ts';

export const nodeCheckMachine: CheckMachine = {
  commandFault(word, searchPath) {
    try {
      resolveCommand(word, searchPath);
      return undefined;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return error.message;
    }
  },
  mayWriteInto: (folder) => accessFault(folder, constants.W_OK | constants.X_OK) === undefined,
  mayWrite(file) {
    const fault = accessFault(file, constants.W_OK);
    return fault === undefined || fault === 'ENOENT';
  },
};

function accessFault(path: string, mode: number): string | undefined {
  try {
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return errorCode(error);
  }
}
