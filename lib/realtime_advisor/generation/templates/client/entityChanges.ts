// $about

import type { EntityRow } from './entityRow';
import type { ChangesContract } from './realtimeChanges';

export const entityChanges: ChangesContract<EntityRow> = {
  schema: '$schema',
  table: '$table',
  events: ['$events' as 'INSERT'],
  filterColumn: '$filterColumn',
  key: ['$key'],
};
