# METADATA
# title: Tests of destruction by approval
package policy.servers.cluster_test

import data.regate

_decide(tool, args) := decision if {
	decision := regate.decision with input as {
		"server": "cluster",
		"tool": tool,
		"category": "Destructive",
		"args": args,
	}
}

_refused(args) if {
	decision := _decide("delete_deployment", args)
	decision.action == "deny"
	decision.reasons == ["Name one deployment in the namespace dev or staging: no selector, no pattern"]
	decision.hidden == false
}

test_one_deployment_waits_for_a_person if {
	every namespace in ["dev", "staging"] {
		decision := _decide("delete_deployment", {"namespace": namespace, "name": "web-1"})
		decision.action == "require_approval"
		decision.approval == {"timeout": 900, "hold": 25}
		decision.rate_limits[0].max == 3
	}
}

test_more_than_one_by_name if {
	every name in [
		"",
		"*",
		"web-*",
		"web,api",
		"web api",
		"--all",
		"web\napi",
		"Web",
		"w\u0435b",
		null,
		7,
		["web", "api"],
	] {
		_refused({"namespace": "dev", "name": name})
	}
	every more in [{"selector": "app=web"}, {"all": true}, {"Name": "api"}, {"cascade": "orphan"}] {
		_refused(object.union({"namespace": "dev", "name": "web"}, more))
	}
}

test_other_namespaces if {
	every namespace in ["production", "kube-system", "Dev", "dev ", "", "*", null, ["dev"]] {
		_refused({"namespace": namespace, "name": "web"})
	}
	every args in [{}, null, [], {"name": "web"}, {"namespace": "dev"}] { _refused(args) }
}

test_namespaces_stay if {
	decision := _decide("delete_namespace", {"name": "dev"})
	decision.action == "deny"
	decision.reasons == ["Namespaces are deleted by people, not by agents"]
	decision.hidden == true
}
