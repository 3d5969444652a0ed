// Entry of `npm run bench`. Node 20 does not strip types, so the loader is registered first.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
