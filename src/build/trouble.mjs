// @ts-check
/** What the user can do something about: its message says what happened and what to do, and is shown without a stack. */
export class Trouble extends Error {
  name = 'Trouble';
}

/**
 * Runs a command's story; trouble ends it with a sentence and code 1.
 * @param {() => Promise<void>} story
 */
export async function main(story) {
  try {
    await story();
  } catch (error) {
    console.error(error instanceof Trouble ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}
