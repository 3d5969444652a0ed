/** Imported first, so that a signal during the start finds its inbox. */
import { catchSignals } from './signals.ts';

export const signals = catchSignals();
