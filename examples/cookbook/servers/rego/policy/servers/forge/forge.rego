# METADATA
# title: Protected branches
# description: |
#   Agents push to branches of their own, and people merge. Which branches are protected is not asked: whatever is not
#   plainly a name below `agent/` is none of the agent's.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.forge

# METADATA
# title: Twenty pushes an hour
rules.push_branch contains {
	"id": "twenty-an-hour",
	"action": "allow",
	"rate_limit": {"max": 20, "window": 3600, "per": "principal"},
}

# METADATA
# title: To its own branches, without force
rules.push_branch contains {
	"id": "own-branches",
	"action": "deny",
	"reason": "Push to a branch below agent/, without force, and open a pull request",
} if not _pushes_its_own

# METADATA
# title: Merging is a person's decision
rules.merge_pull_request contains {
	"id": "merge-approved",
	"action": "require_approval",
	"reason": "A merge changes a protected branch, and may deploy it",
}

_pushes_its_own if {
	object.keys(input.args) - {"repo", "branch", "files", "message", "force"} == set()
	not input.args.force
	regex.match(`^agent(/[a-z0-9_-]+)+$`, input.args.branch)
}
