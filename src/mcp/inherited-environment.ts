// What a stdio server's process inherits of the gate's environment: the variables that the MCP SDKs pass on, and no other. A
// secret that the gate was given stays with the gate.

const INHERITED =
  process.platform === "win32"
    ? [
        "APPDATA",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PROCESSOR_ARCHITECTURE",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "USERNAME",
        "USERPROFILE",
        "PROGRAMFILES",
      ]
    : ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];

export function inheritedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = env[name];
    // what begins so is a function to old shells, which run what stands behind it
    if (value !== undefined && !value.startsWith("()")) inherited[name] = value;
  }
  return inherited;
}
