# METADATA
# title: Tests of the rules for Kubernetes
package policy.servers.kubernetes_test

import data.policy.servers_test

_rule(id) := $"policy.servers.kubernetes/{id}"

_decide(tool, args) := servers_test.decide("kubernetes", tool, args)

_system := "The namespaces of the cluster itself are for people"

_production := "What changes in production is for a person to approve"

_severe := "What this tool can run is for a person to approve"

test_deploying_needs_approval if {
	every tool in [
		"exec_in_pod",
		"install_helm_chart",
		"kubectl_apply",
		"kubectl_create",
		"kubectl_patch",
		"port_forward",
		"upgrade_helm_chart",
	] {
		_decide(tool, {"name": "web", "namespace": "shop"}) == servers_test.severe([])
	}
}

test_deleting_is_denied if {
	every tool in ["cleanup", "kubectl_delete", "uninstall_helm_chart"] {
		_decide(tool, {"name": "web"}) == servers_test.destroyed
	}
}

test_the_system_stays_as_it_is if {
	every args in [
		{"namespace": "kube-system"},
		{"namespace": "KUBE-SYSTEM"},
		{"manifest": "metadata:\n  namespace: kube-system\n"},
		{"args": ["-n", "kube-public"]},
		{"values": {"target": {"namespace": "kube-node-lease"}}},
	] {
		_decide("kubectl_apply", args) == servers_test.refused(servers_test.severe([_rule("system-untouched")]), _system)
	}
}

test_the_system_may_be_looked_at if {
	_decide("kubectl_logs", {"name": "dns", "namespace": "kube-system"}) == servers_test.read([])
	_decide("kubectl_get", {"resourceType": "pods", "namespace": "kube-system"}) == servers_test.read([
		_rule("get-by-default"),
	])
}

test_production_needs_approval if {
	every args in [{"context": "eks-PROD"}, {"namespace": "shop-production"}, {"context": ["prod"]}] {
		_decide("kubectl_reconnect", args) == servers_test.asked(
			servers_test.written([_rule("production-approved")]),
			[_production],
		)
	}
}

test_other_contexts_need_no_approval if {
	every args in [{"context": "staging"}, {"namespace": null}, {}] {
		_decide("kubectl_reconnect", args) == servers_test.written([])
	}
}

test_arguments_that_are_none_count_as_production if {
	every args in [null, [], "a"] {
		_decide("stop_port_forward", args) == servers_test.asked(
			servers_test.written([_rule("production-approved")]),
			[_production],
		)
	}
}

test_generic_commands_are_denied_and_hidden if {
	_decide("kubectl_generic", {"command": "get"}) == object.union(
		servers_test.refused(
			servers_test.allowed([_rule("no-generic-commands")]),
			"Use the tool that is made for the command",
		),
		{"hidden": true},
	)
}

test_resources_are_got if {
	every kind in ["pods", "deployments.apps", "configmap/a"] {
		_decide("kubectl_get", {"resourceType": kind}) == servers_test.read([_rule("get-by-default")])
	}
}

test_secrets_are_not_got if {
	every args in [
		{"resourceType": "secret"},
		{"resourceType": "Secrets"},
		{"resourceType": "secret/a"},
		{"resourceType": "pods,secrets"},
		{"resourceType": "secrets.v1."},
		{"resourceType": null},
		{"resourceType": ["pods"]},
		{},
		null,
	] {
		_decide("kubectl_get", args) == servers_test.refused(
			servers_test.read([_rule("get-by-default"), _rule("no-secrets")]),
			"Secrets of the cluster are not for agents",
		)
	}
}

test_contexts_are_listed if {
	every operation in ["get", "list"] {
		_decide("kubectl_context", {"operation": operation}) == servers_test.written([_rule("context-by-default")])
	}
}

test_another_context_needs_approval if {
	every args in [{"operation": "set", "name": "a"}, {"operation": "SET"}, {"operation": null}, {}] {
		_decide("kubectl_context", args) == servers_test.asked(
			servers_test.written([_rule("context-approved"), _rule("context-by-default")]),
			["Every later call would go to the other cluster"],
		)
	}
}

test_scaling_within_bounds_is_limited if {
	every replicas in [1, 3, 10] {
		_decide("kubectl_scale", {"name": "web", "replicas": replicas}) == servers_test.executed([_rule("scale-by-default")])
	}
}

test_scaling_out_of_bounds_needs_approval if {
	every args in [
		{"replicas": 0},
		{"replicas": -1},
		{"replicas": 11},
		{"replicas": "3"},
		{"replicas": null},
		{"replicas": [3]},
		{},
	] {
		_decide("kubectl_scale", args) == servers_test.asked(
			servers_test.executed([_rule("scale-approved"), _rule("scale-by-default")]),
			["Between 1 and 10 copies need nobody: none is an outage, more cost money"],
		)
	}
}

test_rollouts_are_looked_at if {
	every command in ["history", "status"] { _decide("kubectl_rollout", {"subCommand": command}) == _rolled([]) }
}

test_changing_a_rollout_needs_approval if {
	every args in [{"subCommand": "restart"}, {"subCommand": "undo"}, {"subCommand": null}, {}] {
		_decide("kubectl_rollout", args) == servers_test.asked(
			_rolled([_rule("rollout-approved")]),
			["The rollout would be changed; history and status need nobody"],
		)
	}
}

test_nodes_need_approval if {
	every args in [{"operation": "cordon"}, {"operation": "drain", "force": false, "deleteLocalData": false}, {}] {
		_decide("node_management", args) == servers_test.asked(
			servers_test.allowed([_rule("nodes-approved")]),
			["Taking a node out of service moves or ends what runs on it"],
		)
	}
}

test_nothing_is_forced_off_a_node if {
	every args in [
		{"force": true},
		{"deleteLocalData": true},
		{"force": "false"},
		{"deleteLocalData": 0},
		{"force": null},
	] {
		_decide("node_management", args) == servers_test.refused(
			servers_test.allowed([_rule("no-forced-drains"), _rule("nodes-approved")]),
			"Leave force and deleteLocalData out: they end pods for good, and delete their files",
		)
	}
}

test_nodes_need_arguments if {
	_decide("node_management", null) == servers_test.refused(
		servers_test.allowed([_rule("no-forced-drains"), _rule("nodes-approved"), _rule("production-approved")]),
		"Leave force and deleteLocalData out: they end pods for good, and delete their files",
	)
}

test_production_and_severity_give_both_reasons if {
	_decide("kubectl_apply", {"context": "prod"}) == servers_test.asked(
		servers_test.severe([_rule("production-approved")]),
		[_production, _severe],
	)
}

test_looking_is_allowed if {
	servers_test.restricted("kubernetes", {}) == {
		"cleanup",
		"exec_in_pod",
		"install_helm_chart",
		"kubectl_apply",
		"kubectl_context",
		"kubectl_create",
		"kubectl_delete",
		"kubectl_generic",
		"kubectl_get",
		"kubectl_patch",
		"kubectl_rollout",
		"kubectl_scale",
		"node_management",
		"port_forward",
		"uninstall_helm_chart",
		"upgrade_helm_chart",
	}
}

_rolled(rules) := object.union(servers_test.allowed(array.concat([_rule("rollout-allowed")], rules)), {"rate_limits": [
	servers_test.limit(_rule("rollout-allowed"), {"max": 10, "window": 60}),
]})
