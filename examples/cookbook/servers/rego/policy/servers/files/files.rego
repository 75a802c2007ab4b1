# METADATA
# title: Folders
# description: |
#   Files are read below one folder and written below another. A path is taken as it is written, or not at all: what
#   some reader would turn into another one (`..`, `//`, a backslash, `%2e`, letters beyond ASCII) is no path here.
#   Links are the server's to resolve.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.files

# METADATA
# title: Reading
rules.read_text_file contains {"id": "reads", "action": "allow"}

# METADATA
# title: Writing, ten files a minute
# description: A denied call is recorded too, so that its content is masked whatever becomes of it.
rules.write_file contains {
	"id": "ten-writes",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
	"redact": ["/content"],
}

# METADATA
# title: Moving, ten files a minute
rules.move_file contains {
	"id": "ten-moves",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Only in the folders, and by these tools
# description: Without this the defaults would judge whatever else the server offers, and let it read anywhere.
rules["*"] contains {
	"id": "in-the-folders",
	"action": "deny",
	"reason": "Files are read below /srv/project/ and written below /srv/project/out/, by plain paths",
} if not _is_inside

_is_inside if {
	input.tool == "read_text_file"
	_is_below("/srv/project/", input.args.path)
}

_is_inside if {
	input.tool == "write_file"
	_is_below("/srv/project/out/", input.args.path)
}

# both ends count; where one is missing, there is no such list, and the move is denied
_is_inside if {
	input.tool == "move_file"
	ends := [input.args.source, input.args.destination]
	every path in ends { _is_below("/srv/project/out/", path) }
}

_is_below(folder, path) if {
	startswith(path, folder)
	regex.match(`^[a-zA-Z0-9._/-]+$`, path)
	every name in split(trim_prefix(path, folder), "/") {
		name != ""
		not endswith(name, ".")
	}
}
