// @ts-expect-error: it is not there, and that is what is tried.
import { nothing } from './not-there.ts';

export const handler = () => nothing;
