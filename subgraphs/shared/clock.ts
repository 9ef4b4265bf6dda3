/** Tells the time; passed in wherever a rule depends on it, so that a test can set it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
