// @ts-check

/** The answers of every call, and how sure the dialogue is of them. */
export const ANSWERS = ['The staff was kind.', '8', '4'];
export const CONFIDENCES = [0.92, 0.97, 0.88];
