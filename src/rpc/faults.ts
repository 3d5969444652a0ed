/** Fault names and codes, spelt and numbered as on the wire. Source: Supervisor's manual, observed on 4.2.5. */
export const FAULTS = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  /** Never a fault: the `status` of a member that did well. */
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
} as const;

export type FaultName = keyof typeof FAULTS;

/** An answer to the caller, who must act: it becomes a fault, or a `status` in an array of results. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault';
  readonly fault: FaultName;
  readonly code: number;

  /** The message is the fault string: the name, with what it is about behind a colon. */
  constructor(fault: FaultName, about?: string, options?: ErrorOptions) {
    super(about === undefined ? fault : `${fault}: ${about}`, options);
    this.fault = fault;
    this.code = FAULTS[fault];
  }
}
