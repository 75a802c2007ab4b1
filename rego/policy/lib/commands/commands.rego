# METADATA
# title: Commands
# description: |
#   What a command line of a shell says, by its words alone. It is a net for mistakes and no boundary: what a variable,
#   an encoding or a script does when it runs can't be read in a text.
# scope: package
package policy.lib.commands

import data.policy.lib.paths

# METADATA
# title: The words of a command line, with one blank or more around each
# description: |
#   In lower case, without quotes and backslashes, taken apart at blanks, operators and slashes: `/bin/r\m -rf "a b"`
#   has `bin`, `rm`, `-rf`, `a` and `b`. Undefined for what is no text.
spelled(line) := $" {apart} " if apart := strings.replace_n(_apart, lower(line))

# METADATA
# title: The words as a set
words(text) := {word | some word in split(text, " ")} - {""} if is_string(text)

_apart := object.union(
	{mark: "" | some mark in ["\"", "'", "\\"]},
	{mark: " " |
		some mark in [
			"\t", "\n", "\r", "!", "#", "$", "&", "(", ")", "*", ",", "/", ":", ";", "<", "=", ">", "?", "[", "]", "^", "`", "{",
			"|", "}",
		]
	},
)

# METADATA
# title: A command line that destroys nothing
# description: |
#   No word of it deletes files, takes the rights of others, ends processes or runs what is put together as it runs; git
#   forces and resets nothing, and no tool for clouds, clusters, containers or databases deletes. `text` is what is
#   spelled, `words` its set.
destroys_nothing(text, words) if {
	not contains(text, " mkfs")
	count(words & _destructive) == 0
	not _rewrites_history(text, words)
	not _deletes_elsewhere(words)
}

# METADATA
# title: A command line that names no secret
# description: By the names that `policy.lib.paths` goes by.
names_no_secret(text, words) if {
	count(words & paths.secret_names) == 0
	not contains(text, " .env")
	not contains(text, ".pem ")
}

_destructive := {
	"-delete",
	"chmod",
	"chown",
	"crontab",
	"dd",
	"doas",
	"dropdb",
	"eval",
	"kill",
	"killall",
	"launchctl",
	"pkill",
	"reboot",
	"rm",
	"rmdir",
	"shred",
	"shutdown",
	"su",
	"sudo",
	"systemctl",
	"truncate",
	"unlink",
	"userdel",
}

_rewrites_history(_, words) if {
	"git" in words
	count(words & _rewriting) > 0
}

# `git push origin +main` forces as well
_rewrites_history(text, words) if {
	"git" in words
	contains(text, " +")
}

_rewriting := {
	"--force",
	"--force-with-lease",
	"--hard",
	"--mirror",
	"-f",
	"clean",
	"filter-branch",
	"filter-repo",
	"gc",
	"reflog",
}

_deletes_elsewhere(words) if {
	count(words & _reaching_tools) > 0
	count(words & _deleting) > 0
}

_reaching_tools := {
	"aws",
	"az",
	"docker",
	"gcloud",
	"gh",
	"helm",
	"kubectl",
	"mongosh",
	"mysql",
	"podman",
	"psql",
	"redis-cli",
	"sqlite3",
	"terraform",
	"tofu",
}

_deleting := {
	"apply",
	"delete",
	"destroy",
	"down",
	"drop",
	"flushall",
	"prune",
	"purge",
	"terminate",
	"uninstall",
}
