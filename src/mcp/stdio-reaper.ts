// Sees to it that no stdio server outlives the gate, not even one that was killed with -9: a shell of a few hundred
// kilobytes knows the process groups of the running servers, and kills them when its input ends, as it does when the gate
// is gone. It does nothing while the gate lives; ending servers in order is the work of stdio-child.ts.
import { type ChildProcess, spawn } from "node:child_process";

/** Time for servers to end by themselves once their own input has ended with the gate. */
const GRACE_SECONDS = 2;
const PATH = "/usr/bin:/bin";

// Reads "+ PID" and "- PID". Signals meant for the gate's terminal or service must not end it first.
const SCRIPT = `
trap '' HUP INT TERM
pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
[ "$pids" = ' ' ] && exit 0
sleep ${GRACE_SECONDS}
for pid in $pids; do kill -s KILL -- "-$pid"; done
`;

export class Reaper {
  #shell: ChildProcess | undefined;
  #broken = process.platform === "win32";

  /** @param log told once where no reaper can run: servers that ignore the end of their input may then outlive a killed gate */
  constructor(readonly log: (line: string) => void) {}

  /** The process group `pid` is to be killed when the gate is gone. */
  watch(pid: number): void {
    this.#shell ??= this.#start();
    this.#tell(`+ ${pid}\n`);
  }

  /** The process group `pid` is gone. */
  forget(pid: number): void {
    this.#tell(`- ${pid}\n`);
  }

  /** Kills what is still watched, and ends. */
  close(): void {
    this.#shell?.stdin?.end();
    this.#shell = undefined;
  }

  #start(): ChildProcess | undefined {
    if (this.#broken) return undefined;
    // In a session of its own: a Ctrl-C that ends the gate does not reach it.
    const shell = spawn("/bin/sh", ["-c", SCRIPT], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      env: { PATH },
    });
    const fail = (error: Error) => {
      if (!this.#broken)
        this.log(`no reaper for stdio servers (${error.message}): after kill -9 of the gate one may stay`);
      this.#broken = true;
    };
    shell.on("error", fail);
    shell.stdin?.on("error", fail);
    shell.unref();
    return shell;
  }

  #tell(line: string): void {
    if (this.#shell?.stdin?.writable) this.#shell.stdin.write(line);
  }
}
