# METADATA
# title: Known commands
# description: |
#   A command line is one of a list, letter by letter. To look for what is bad in one (`;`, `$(`, a newline, `--output`)
#   is a game that the shell wins. What `npm test` does is written in files: an agent that may change those runs what
#   it likes.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.terminal

# METADATA
# title: Twenty commands a minute
rules.run_command contains {
	"id": "twenty-a-minute",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 60},
}

# METADATA
# title: Of a list
rules.run_command contains {
	"id": "known-commands",
	"action": "deny",
	"reason": "Run git status, git diff, git show COMMIT, npm test or npm run lint, exactly so",
} if not _is_known

_is_known if {
	object.keys(input.args) == {"command"}
	_is_listed
}

_is_listed if input.args.command in {"git diff", "git status", "npm run lint", "npm test"}

# a commit by 7 to 40 hexadecimal digits is neither an option nor a path
_is_listed if regex.match(`^git show [0-9a-f]{7,40}$`, input.args.command)
