# METADATA
# title: Paths
# description: What the path of a file in a call names, by its text alone. It follows no links.
# scope: package
package policy.lib.paths

# METADATA
# title: A path that names no secret
# description: Holds for a text none of whose parts is a name that keys, credentials or git's own files usually have.
names_no_secret(path) if {
	every name in split(replace(lower(path), "\\", "/"), "/") { not _is_secret(_as_opened(name)) }
}

# What file systems open by the name: Windows drops dots and spaces at its end and what follows a colon, macOS drops
# characters that don't show, and takes the long s for an s.
_as_opened(name) := trim_right(split(strings.replace_n(_folded, name), ":")[0], ". ")

_folded := object.union(
	{"\u017f": "s"},
	{char: "" |
		some char in [
			"\u200c", "\u200d", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u206a",
			"\u206b", "\u206c", "\u206d", "\u206e", "\u206f", "\ufeff",
		]
	},
)

_is_secret(name) if name in secret_names

_is_secret(name) if startswith(name, ".env")

_is_secret(name) if endswith(name, ".pem")

# METADATA
# title: Names that keys, credentials and git's own files usually have
secret_names := {
	".aws",
	".docker",
	".git",
	".gnupg",
	".kube",
	".netrc",
	".npmrc",
	".pgpass",
	".pypirc",
	".ssh",
	"git~1", # the short name of .git on Windows
	"id_dsa",
	"id_ecdsa",
	"id_ed25519",
	"id_rsa",
}
