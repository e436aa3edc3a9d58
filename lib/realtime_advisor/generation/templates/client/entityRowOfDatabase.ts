// $about

import type { Database } from './database.types';

export type EntityRow = Database['$schema']['Tables']['$table']['Row'];
