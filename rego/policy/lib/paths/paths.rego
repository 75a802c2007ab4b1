# METADATA
# title: Paths
# description: What the path of a file in a call names, by its text alone. It follows no links.
# scope: package
package policy.lib.paths

# METADATA
# title: A path that names no secret
# description: Holds for a text none of whose parts is a name that keys, credentials or git's own files usually have.
names_no_secret(path) if {
	every name in split(replace(lower(path), "\\", "/"), "/") { not _is_secret(name) }
}

_is_secret(name) if name in {
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
	"id_dsa",
	"id_ecdsa",
	"id_ed25519",
	"id_rsa",
}

_is_secret(name) if startswith(name, ".env")

_is_secret(name) if endswith(name, ".pem")
