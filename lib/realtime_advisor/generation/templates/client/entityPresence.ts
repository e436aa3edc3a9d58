// $about

import { encodeKey } from './realtimeChannels';

/** Both sides spell the topic alike: the policies open it to the scope's members, this joins it. */
export const entityPresenceTopic = (id: string | number | bigint): string =>
  '$opening' + encodeKey(id, '$keyType') + '$closing';
