# METADATA
# title: Git
# description: |
#   Agents read, stage and commit on branches of their own. The rules go by the names in the call: which branch is
#   checked out already, and what lies in a folder that is staged, is not in it. Start the server with --repository to
#   confine it to one repository.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.git

import data.policy.lib.paths

# METADATA
# title: Staging follows the defaults
rules.git_add contains {
	"id": "staging-by-default",
	"action": "inherit",
}

# METADATA
# title: No secrets are staged
# description: Patterns, and the whole folder, stage what nobody named; a call that names nothing is denied as well.
rules.git_add contains {
	"id": "no-secrets-staged",
	"action": "deny",
	"reason": "Name each file to stage, and none that holds keys or credentials",
} if not _stages_plain_files

# METADATA
# title: Checking out follows the defaults
rules.git_checkout contains {
	"id": "checkout-by-default",
	"action": "inherit",
}

# METADATA
# title: Protected branches are a person's decision
# description: |
#   The next commit goes to the branch that is checked out. Whatever is not plainly the name of another branch (`@{-1}`,
#   `main~0`) counts as protected.
rules.git_checkout contains {
	"id": "protected-branch-approved",
	"action": "require_approval",
	"reason": "The next commit would go to a protected branch",
} if not _checks_out_a_topic

# METADATA
# title: Showing follows the defaults
rules.git_show contains {
	"id": "show-by-default",
	"action": "inherit",
}

# METADATA
# title: No secrets from the past
# description: "`HEAD:.env` shows a file that was committed once, whether it is still there or not."
rules.git_show contains {
	"id": "no-secrets-shown",
	"action": "deny",
	"reason": "Keys and credentials that were committed once are not for agents",
} if not _shows_no_secret

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.git.git_add
_stages_plain_files if {
	every file in input.args.files {
		paths.names_no_secret(file)
		not _is_pattern(file)
	}
}

_is_pattern(file) if trim(file, "./") == ""

# `src/..` is the whole folder again
_is_pattern(file) if ".." in split(file, "/")

_is_pattern(file) if startswith(file, ":")

_is_pattern(file) if {
	some wildcard in ["*", "?", "[", "\\"] # git takes `\.env` for a pattern too
	contains(file, wildcard)
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.git.git_checkout
_checks_out_a_topic if {
	branch := lower(input.args.branch_name)
	not startswith(branch, "-")
	trim(branch, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == ""
	every name in split(branch, "/") { not name in {"", "main", "master", "production", "release", "stable", "trunk"} }
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.git.git_show
_shows_no_secret if paths.names_no_secret(replace(input.args.revision, ":", "/"))
