# METADATA
# title: Filesystem
# description: |
#   The server confines itself to the directories it was started with; these rules add what it must not touch there.
#   They go by names in the call: a link, or a name found by listing, is the server's to resolve.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.filesystem

import data.policy.lib.paths

# METADATA
# title: Secrets are out of reach
# description: A call whose path is missing, or is no path, is denied as well.
rules["*"] contains {
	"id": "no-secrets",
	"action": "deny",
	"reason": "Keys, credentials and git's own files are not for agents",
} if not _names_no_secret

# METADATA
# title: Files are written within limits
# description: |
#   Writing replaces a file beyond undoing, and would be denied by default; here it is what the server is for.
rules.write_file contains {
	"id": "write-limited",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
	"redact": ["/content"],
}

# METADATA
# title: Edits follow the defaults
rules.edit_file contains {
	"id": "edit-by-default",
	"action": "inherit",
	"redact": ["/edits"],
}

_names_no_secret if {
	every path in _paths { paths.names_no_secret(path) }
}

# Whatever is missing here leaves the whole undefined, and the call denied.
_paths := [input.args.path] if not input.tool in {"list_allowed_directories", "move_file", "read_multiple_files"}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.filesystem.read_multiple_files
_paths := input.args.paths if {
	input.tool == "read_multiple_files"
	is_array(input.args.paths)
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.filesystem.move_file
_paths := [input.args.source, input.args.destination] if input.tool == "move_file"

_paths := [] if input.tool == "list_allowed_directories"
