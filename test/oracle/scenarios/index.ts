/** All scenarios, by area. */
import type { Scenario } from '../scenario.ts';
import { backgroundScenarios } from './background.ts';
import { captureScenarios } from './capture.ts';
import { daemonScenarios } from './daemon.ts';
import { daemonOptionScenarios } from './daemon-options.ts';
import { dropInScenarios } from './drop-in.ts';
import { environmentScenarios } from './environment.ts';
import { fcgiScenarios } from './fcgi.ts';
import { fileScenarios } from './files.ts';
import { groupScenarios } from './groups.ts';
import { inProcessRestartScenarios } from './in-process-restarts.ts';
import { protocolScenarios } from './listener-protocol.ts';
import { logScenarios } from './log.ts';
import { logFileScenarios } from './log-files.ts';
import { logPathScenarios } from './log-paths.ts';
import { mainLogScenarios } from './main-log.ts';
import { mainLogSetupScenarios } from './main-log-setup.ts';
import { momentScenarios } from './moments.ts';
import { numberScenarios } from './numbers.ts';
import { optionScenarios } from './options.ts';
import { poolScenarios } from './pools.ts';
import { refusalScenarios } from './refusals.ts';
import { remoteScenarios } from './remote.ts';
import { restartScenarios } from './restarts.ts';
import { rpcScenarios } from './rpc.ts';
import { rpcFaultScenarios } from './rpc-faults.ts';
import { rpcLogScenarios } from './rpc-logs.ts';
import { sequenceScenarios } from './sequences.ts';
import { signalScenarios } from './signals.ts';
import { spawnErrorScenarios } from './spawn-errors.ts';
import { startScenarios } from './starting.ts';
import { stopScenarios } from './stopping.ts';

export const scenarios: readonly Scenario[] = [
  ...startScenarios,
  ...restartScenarios,
  ...stopScenarios,
  ...spawnErrorScenarios,
  ...rpcScenarios,
  ...rpcLogScenarios,
  ...rpcFaultScenarios,
  ...captureScenarios,
  ...logScenarios,
  ...logFileScenarios,
  ...poolScenarios,
  ...protocolScenarios,
  ...remoteScenarios,
  ...sequenceScenarios,
  ...daemonScenarios,
  ...mainLogScenarios,
  ...mainLogSetupScenarios,
  ...signalScenarios,
  ...inProcessRestartScenarios,
  ...environmentScenarios,
  ...groupScenarios,
  ...fileScenarios,
  ...logPathScenarios,
  ...optionScenarios,
  ...refusalScenarios,
  ...backgroundScenarios,
  ...daemonOptionScenarios,
  ...momentScenarios,
  ...numberScenarios,
  ...fcgiScenarios,
  ...dropInScenarios,
];
