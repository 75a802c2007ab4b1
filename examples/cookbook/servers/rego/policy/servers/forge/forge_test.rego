# METADATA
# title: Tests of protected branches
package policy.servers.forge_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {"server": "forge", "tool": tool, "category": "Write", "args": args}
}

_refused(args) if {
	decision := _decide("push_branch", args)
	decision.action == "deny"
	decision.reasons == ["Push to a branch below agent/, without force, and open a pull request"]
}

_push(branch) := {"repo": "acme/app", "branch": branch, "files": [], "message": "m"}

test_pushes_to_its_own_branches if {
	_decide("push_branch", object.union(_push("agent/fix"), {"force": false})).action == "allow"
	every branch in ["agent/fix", "agent/fix-1/part_2"] {
		_decide("push_branch", _push(branch)).rules == ["policy.servers.forge/twenty-an-hour"]
	}
}

test_merging_waits_for_a_person if _decide("merge_pull_request", {"number": 7}).action == "require_approval"

test_other_branches if {
	every branch in [
		"main",
		"Main",
		"MASTER",
		"release/1",
		"refs/heads/main",
		"refs/heads/agent/fix",
		"HEAD",
		"HEAD:main",
		"agent",
		"agent/",
		"agent//x",
		"agent/fix/",
		"agent/../main",
		"agent/fix:main",
		"agent/fix:refs/heads/main",
		"+agent/fix",
		"agent/+main",
		"agent/fix main",
		"agent/fix\nmain",
		"agent/*",
		"agent/@{-1}",
		"agent/fix~1",
		"agent/fix^",
		"agent/m\u0430in",
		"Agent/fix",
		" agent/fix",
		"main/agent/fix",
		"",
	] {
		_refused(_push(branch))
	}
}

test_force_in_any_form if {
	every force in [true, "true", "false", 1, 0, null, "", [], {}] {
		_refused(object.union(_push("agent/fix"), {"force": force}))
	}
	every name in ["Force", "force_with_lease", "delete", "refspec", "base", "mirror"] {
		_refused(object.union(_push("agent/fix"), {name: false}))
	}
}

test_a_push_without_a_branch if {
	every args in [
		{},
		null,
		[],
		{"repo": "acme/app"},
		_push(null),
		_push(7),
		_push(["agent/fix"]),
		{"Branch": "agent/fix"},
	] {
		_refused(args)
	}
}
