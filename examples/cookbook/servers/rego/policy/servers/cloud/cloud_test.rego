# METADATA
# title: Tests of known arguments
package policy.servers.cloud_test

import data.regate

_decide(args) := decision if {
	decision := regate.decision with input as {
		"server": "cloud",
		"tool": "start_instance",
		"category": "Execute",
		"args": args,
	}
}

_plain := {"type": "t3.micro", "region": "eu-west-1"}

_refused(args) if {
	decision := _decide(args)
	decision.action == "deny"
	decision.reasons == ["Give type (t3.micro or t3.small), region (eu-central-1 or eu-west-1) and at most count (1 or 2)"]
}

test_known_values_cost_their_machines if {
	_decide(_plain).rate_limits[0].cost == 1
	every machines in [1, 2] {
		decision := _decide({"type": "t3.small", "region": "eu-central-1", "count": machines})
		decision.action == "allow"
		decision.rate_limits[0].cost == machines
	}
}

test_other_values if {
	every type in ["p5.48xlarge", "T3.MICRO", "t3.micro ", "t3.*", "", null, 3, ["t3.micro"], {"t3.micro": true}] {
		_refused(object.union(_plain, {"type": type}))
	}
	every region in ["us-east-1", "eu-west-1a", "EU-WEST-1", null, ["eu-west-1"]] {
		_refused(object.union(_plain, {"region": region}))
	}
	every machines in [0, 3, -1, 1.5, "1", "2", null, [1], true] {
		_refused(object.union(_plain, {"count": machines}))
	}
}

test_other_arguments if {
	every name in ["user_data", "image", "iam_profile", "Type", "count ", "dry_run"] {
		_refused(object.union(_plain, {name: null}))
	}
}

test_missing_arguments if {
	every args in [{}, null, [], "t3.micro", {"type": "t3.micro"}, {"region": "eu-west-1"}] { _refused(args) }
}
