import { createListener } from 'herald/listener';

const listener = createListener();

listener.on('PROCESS_STATE_FATAL', ({ payload }) => {
  console.log(`${payload.groupname}:${payload.processname} was given up`);
});

listener.onRemote('greet', ({ data }) => {
  console.log(`hello, ${data}`);
});

await listener.run();
