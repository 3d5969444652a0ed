/**
 * A listener: says in plain words what happens. Each event has the type of its payload, so a misspelt name or field
 * does not compile. Whatever it prints goes to stderr, because its stdout carries the protocol.
 */
import { createListener } from 'herald/listener';

const listener = createListener();

listener.on('SUPERVISOR_STATE_CHANGE', ({ name }) => {
  console.log(name === 'SUPERVISOR_STATE_CHANGE_RUNNING' ? 'the daemon is up' : 'the daemon is stopping');
});

listener.on('PROCESS_STATE', ({ name, payload, extra }) => {
  const { processname, from_state } = payload;
  const why = extra.reason === undefined ? '' : ` (${extra.reason})`;
  console.log(`${processname}: ${from_state} -> ${name.slice('PROCESS_STATE_'.length)}${why}`);
});

listener.on('PROCESS_STATE_EXITED', ({ payload, extra }) => {
  const expected = payload.expected === 1 ? 'as expected' : 'which nobody expected';
  const how = extra.signal === undefined ? `status ${extra.exitstatus}` : extra.signal;
  console.log(`${payload.processname} ended with ${how}, ${expected}`);
});

listener.on('PROCESS_COMMUNICATION', ({ name, payload }) => {
  console.log(`${name} from ${payload.processname}: ${JSON.stringify(payload.data)}`);
});

listener.on('REMOTE_COMMUNICATION', ({ name, payload }) => {
  console.log(`${name} of type ${payload.type}: ${JSON.stringify(payload.data)}`);
});

await listener.run();
