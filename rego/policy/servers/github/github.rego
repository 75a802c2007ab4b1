# METADATA
# title: GitHub
# description: |
#   Agents read, discuss and propose. What lands on a protected branch, becomes public or counts as a person's word is
#   denied, or for a person to approve.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.github

import data.policy.lib.paths

# METADATA
# title: Files are committed by default
rules.create_or_update_file contains {
	"id": "file-by-default",
	"action": "inherit",
}

# METADATA
# title: Pushes follow the defaults
rules.push_files contains {
	"id": "push-by-default",
	"action": "inherit",
}

# METADATA
# title: Protected branches change by pull requests
# description: Whatever is not plainly the name of another branch counts as protected.
rules["*"] contains {
	"id": "protected-branches",
	"action": "deny",
	"reason": "Commit to a branch of your own, and open a pull request",
} if {
	input.tool in {"create_or_update_file", "push_files"}
	not _is_topic_branch
}

# METADATA
# title: No secrets are published
rules["*"] contains {
	"id": "no-secrets-published",
	"action": "deny",
	"reason": "Files that hold keys and credentials are not committed",
} if {
	input.tool in {"create_or_update_file", "push_files"}
	not _commits_plain_files
}

# METADATA
# title: Workflows are a person's decision
# description: "What lies in `.github` runs with the repository's secrets, or says who must review."
rules["*"] contains {
	"id": "workflows-approved",
	"action": "require_approval",
	"reason": "Workflows run with the repository's secrets",
} if {
	input.tool in {"create_or_update_file", "push_files"}
	not _leaves_workflows
}

# METADATA
# title: Words for people are limited
# description: Ten issues and comments in ten minutes for each agent, over all its sessions.
rules["*"] contains {
	"id": "ten-words-in-ten-minutes",
	"action": "limit",
	"rate_limit": {"max": 10, "window": 600, "per": "principal"},
} if input.tool in {"add_issue_comment", "create_issue", "create_pull_request", "create_pull_request_review"}

# METADATA
# title: Merging is a person's decision
rules.merge_pull_request contains {
	"id": "merge-approved",
	"action": "require_approval",
	"reason": "A merge changes the base branch, and may deploy it",
}

# METADATA
# title: Reviews are limited
rules.create_pull_request_review contains {
	"id": "review-by-default",
	"action": "inherit",
}

# METADATA
# title: Approving is for people
# description: An agent comments, or asks for changes; a call that says neither is denied.
rules.create_pull_request_review contains {
	"id": "no-approvals",
	"action": "deny",
	"reason": "People approve pull requests; an agent comments, or requests changes",
} if not _only_comments

# METADATA
# title: Repositories are private
rules.create_repository contains {
	"id": "repository-by-default",
	"action": "inherit",
}

# METADATA
# title: Public repositories are a person's decision
# description: GitHub makes a repository public where the call does not say otherwise.
# scope: rule
# schemas:
#   - input.args: schema.tools.github.create_repository
rules.create_repository contains {
	"id": "public-approved",
	"action": "require_approval",
	"reason": "The repository would be public: say `private: true`, or have a person agree",
} if not input.args.private == true

_is_topic_branch if {
	branch := lower(input.args.branch)
	trim(branch, "abcdefghijklmnopqrstuvwxyz0123456789._-/") == ""
	every name in split(branch, "/") { not name in {"", "main", "master", "production", "release", "stable", "trunk"} }
}

_commits_plain_files if {
	every path in _paths { paths.names_no_secret(path) }
}

_leaves_workflows if {
	every path in _paths {
		every name in split(lower(path), "/") { name != ".github" }
	}
}

# Whatever is missing here leaves the whole undefined, and the call denied.
# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.github.create_or_update_file
_paths := [input.args.path] if input.tool == "create_or_update_file"

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.github.push_files
_paths := [file.path | some file in input.args.files] if _all_have_paths

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.github.push_files
_all_have_paths if {
	input.tool == "push_files"
	every file in input.args.files { file.path }
}

# METADATA
# scope: rule
# schemas:
#   - input.args: schema.tools.github.create_pull_request_review
_only_comments if input.args.event in {"COMMENT", "REQUEST_CHANGES"}
