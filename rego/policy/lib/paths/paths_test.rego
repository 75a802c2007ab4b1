# METADATA
# title: Tests of which paths name a secret
package policy.lib.paths_test

import data.policy.lib.paths

test_a_secret_is_found_wherever_it_is_named if {
	every path in [
		".env",
		".env.production",
		"/srv/.GIT/hooks/pre-commit",
		`C:\work\.ssh\id_ed25519`,
		"a/../.aws/credentials",
		"~/.kube/config",
		"~/.docker/config.json",
		"~/.gnupg/private-keys-v1.d",
		".netrc",
		".npmrc",
		".pgpass",
		".pypirc",
		"/srv/keys/ID_RSA",
		"id_dsa",
		"id_ecdsa",
		"id_ed25519",
		"tls/server.pem",
		"/srv/.git./config",
		"/srv/.git /config",
		"/srv/.git::$INDEX_ALLOCATION/config",
		"/srv/GIT~1/config",
		"/srv/id_rsa::$DATA",
		"/srv/.g\u200cit/config",
		"/srv/.\u017f\u017fh/config",
		"/srv/.\u212aube/config",
		"server.pem. .",
	] {
		not paths.names_no_secret(path)
	}
}

test_what_only_looks_like_a_secret_is_none if {
	every path in ["", ".", "a/b.txt", "git", "env", "my.env", "git~10", "a:b", ".."] {
		paths.names_no_secret(path)
	}
	every path in [".github/workflows/ci.yml", "id_rsa.pub.txt", "pem"] {
		paths.names_no_secret(path)
	}
}

test_what_is_no_text_names_nothing if {
	every path in [null, true, 7, [], ["a.txt"], {}] { not paths.names_no_secret(path) }
}
