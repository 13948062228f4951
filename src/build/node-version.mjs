// @ts-check
// Imported first, so that an old Node ends with a sentence and not with a syntax error: keep to plain syntax here
// and to names that every Node has in what is imported after it.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Hearth's tools need Node 20.19 or newer, and this is Node ${process.versions.node}. ` +
      'Install the current LTS release (your package manager or a version manager such as nvm has it) and try again.',
  );
  process.exit(1);
}
