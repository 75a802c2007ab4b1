# METADATA
# title: Claude Code's own tools
# description: |
#   What `regate hook claude-code` asks about. The hook adds `args.hook`: the project's folder, the working folder, and
#   the file that is named, links followed. Commands are judged by their words, which is a net for mistakes: what a
#   command does when it runs, a sandbox has to hold. A tool that is not in the catalogue is denied.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers["claude-code"]

import data.policy.lib.addresses
import data.policy.lib.commands
import data.policy.lib.paths

# METADATA
# title: Secrets are out of reach
# description: A call that names no file where it must is denied as well.
rules["*"] contains {
	"id": "no-secrets",
	"action": "deny",
	"reason": "Keys, credentials and git's own files are not for agents",
} if {
	input.tool in _file_tools
	not _names_no_secret
}

# METADATA
# title: Nothing outside the project is written
rules["*"] contains {
	"id": "inside-the-project",
	"action": "deny",
	"reason": "Only files of the project are written",
} if {
	input.tool in _writing_tools
	not _is_inside
}

# METADATA
# title: What holds the agent is a person's decision
# description: Settings and hooks of Claude Code, its MCP servers, and what Regate reads.
rules["*"] contains {
	"id": "own-rules-approved",
	"action": "require_approval",
	"reason": "This file says what the agent may do: a person decides on changes",
} if {
	input.tool in _writing_tools
	not _is_ordinary
}

# METADATA
# title: Sixty edits a minute
rules.Edit contains {
	"id": "sixty-edits-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
	"redact": ["/new_string", "/old_string"],
}

# METADATA
# title: Sixty edits of several places a minute
rules.MultiEdit contains {
	"id": "sixty-multiple-edits-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
	"redact": ["/edits"],
}

# METADATA
# title: Sixty cells a minute
rules.NotebookEdit contains {
	"id": "sixty-cells-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
	"redact": ["/new_source"],
}

# METADATA
# title: Sixty files a minute
rules.Write contains {
	"id": "sixty-files-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
	"redact": ["/content"],
}

# METADATA
# title: Sixty commands a minute
rules.Bash contains {
	"id": "sixty-commands-a-minute",
	"action": "allow",
	"rate_limit": {"max": 60, "window": 60},
}

# METADATA
# title: Destruction is a person's decision
# description: What is no command, or destroys by its words.
rules.Bash contains {
	"id": "destruction-approved",
	"action": "require_approval",
	"reason": "This command deletes, takes rights, ends processes or can't be undone",
} if not _destroys_nothing

# METADATA
# title: Commands that name secrets are a person's decision
rules.Bash contains {
	"id": "secrets-approved",
	"action": "require_approval",
	"reason": "This command names keys, credentials or git's own files",
} if not _says_no_secret

# METADATA
# title: Commands that name what holds the agent are a person's decision
rules.Bash contains {
	"id": "own-rules-named",
	"action": "require_approval",
	"reason": "This command names files that say what the agent may do",
} if not _says_no_own_rules

# METADATA
# title: Leaving the sandbox is a person's decision
rules.Bash contains {
	"id": "unsandboxed-approved",
	"action": "require_approval",
	"reason": "This command would run outside the sandbox",
} if input.args.dangerouslyDisableSandbox

# METADATA
# title: Thirty pages a minute
rules.WebFetch contains {
	"id": "thirty-pages-a-minute",
	"action": "allow",
	"rate_limit": {"max": 30, "window": 60},
}

# METADATA
# title: No internal addresses
# description: Metadata services of clouds hand out credentials; a call without a URL is denied as well.
rules.WebFetch contains {
	"id": "no-internal-addresses",
	"action": "deny",
	"reason": "Only public http and https addresses are fetched",
} if not _is_public

# METADATA
# title: Leaving a worktree follows the defaults
rules.ExitWorktree contains {
	"id": "leaving-by-default",
	"action": "inherit",
}

# METADATA
# title: Work that would be lost is a person's decision
rules.ExitWorktree contains {
	"id": "discarding-approved",
	"action": "require_approval",
	"reason": "Changes that were not committed would be lost",
} if input.args.discard_changes

_writing_tools := {"Edit", "MultiEdit", "NotebookEdit", "Write"}

_searching_tools := {"Glob", "Grep"}

_file_tools := (_writing_tools | _searching_tools) | {"Read"}

_names_no_secret if paths.names_no_secret(input.args.hook.file)

# the working folder is searched where none is named
_names_no_secret if {
	input.tool in _searching_tools
	not input.args.hook.file
	not input.args.path
}

_is_inside if startswith(input.args.hook.file, $"{input.args.hook.project}/")

_is_ordinary if {
	file := lower(input.args.hook.file)
	not _is_own_rules(split(file, "/"))
}

_is_own_rules(parts) if parts[count(parts) - 1] in _own_files

_is_own_rules(parts) if ".regate" in parts

_is_own_rules(parts) if {
	some index, ".claude" in parts
	parts[index + 1] in {"hooks", "settings.json", "settings.local.json"}
}

_own_files := {".mcp.json", "regate.yaml"}

_spelled := commands.spelled(input.args.command)

_words := commands.words(_spelled)

_destroys_nothing if commands.destroys_nothing(_spelled, _words)

_says_no_secret if commands.names_no_secret(_spelled, _words)

_says_no_own_rules if count(_words & (_own_files | {".claude", ".regate"})) == 0

_is_public if addresses.is_public(input.args.url)
