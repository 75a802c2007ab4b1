# METADATA
# title: Tests of the rules for AWS IAM
package policy.servers["awslabs.iam-mcp-server_test"]

import data.policy.servers_test

_server := "awslabs.iam-mcp-server"

_rule(id) := $`policy.servers["{_server}"]/{id}`

_decide(tool, args) := servers_test.decide(_server, tool, args)

_rights := "Who may do what in the account is for a person to decide"

_administrators := "Administrators are made by people, not by agents"

_everything := "Name the actions by their service: no `*`, no NotAction, and nothing like `iam:*`"

_attaching := ["attach_group_policy", "attach_user_policy"]

_putting := ["put_role_policy", "put_user_policy"]

_asked(rules) := servers_test.asked(servers_test.written(array.concat([_rule("rights-approved")], rules)), [_rights])

_allowing(action) := {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}

test_every_right_needs_approval if {
	every tool in [
		"add_user_to_group",
		"create_group",
		"create_role",
		"create_user",
		"detach_group_policy",
		"detach_user_policy",
		"remove_user_from_group",
	] {
		_decide(tool, {}) == _asked([])
	}
}

test_modest_policies_are_attached_with_approval if {
	every tool in _attaching {
		_decide(tool, {"policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}) == _asked([])
	}
}

test_nobody_is_made_an_administrator if {
	every tool in _attaching {
		every args in [
			{"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
			{"policy_arn": "arn:aws:iam::aws:policy/job-function/DatabaseAdministrator"},
			{"policy_arn": "arn:aws:iam::aws:policy/PowerUserAccess"},
			{"policy_arn": "arn:aws:iam::aws:policy/IAMFullAccess"},
			{"policy_arn": null},
			{"policy_arn": 7},
			{"policy_arn": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
			{},
			null,
		] {
			_decide(tool, args) == servers_test.refused(_asked([_rule("no-administrators")]), _administrators)
		}
	}
}

test_policies_that_name_their_actions_need_approval if {
	every tool in _putting {
		every action in ["s3:GetObject", ["s3:*", "logs:Put*"], "iam:GetUser"] {
			_decide(tool, {"policy_document": _allowing(action)}) == _asked([])
			_decide(tool, {"policy_document": json.marshal(_allowing(action))}) == _asked([])
		}
	}
}

test_policies_without_bounds_are_denied if {
	every tool in _putting {
		every action in [
			"*",
			"*:*",
			["s3:GetObject", "*"],
			"iam:*",
			"IAM:Put*",
			"i?m:PutUserPolicy",
			"s*:*",
			"",
			[],
			null,
			7,
		] {
			_gives_nothing(tool, {"policy_document": _allowing(action)})
			_gives_nothing(tool, {"policy_document": json.marshal(_allowing(action))})
		}
	}
}

test_policies_that_except_or_cannot_be_read_are_denied if {
	every tool in _putting {
		every args in [
			{"policy_document": {"Statement": {"Effect": "Allow", "NotAction": "s3:*", "Action": "s3:GetObject"}}},
			{"policy_document": `{"Statement": {"\u0041ction": "*"}}`},
			{"policy_document": {"Statement": {"ACTION": "*"}}},
			{"policy_document": {"Statement": []}},
			{"policy_document": "{"},
			{"policy_document": ""},
			{"policy_document": null},
			{"policy_document": [_allowing("s3:GetObject")]},
			{},
			null,
		] {
			_gives_nothing(tool, args)
		}
	}
}

test_keys_are_limited_and_need_approval if {
	_decide("create_access_key", {"user_name": "ci"}) == object.union(
		servers_test.asked(
			servers_test.allowed([_rule("rights-approved"), _rule("three-keys-a-day")]),
			["The key does not expire: a role is mostly what is needed", _rights],
		),
		{"rate_limits": [servers_test.limit(_rule("three-keys-a-day"), {
			"max": 3,
			"window": 86400,
			"per": "principal",
		})]},
	)
	_decide("delete_access_key", {"user_name": "ci"}) == servers_test.asked(
		servers_test.allowed([_rule("key-delete-approved")]),
		["Whatever still uses the key stops working"],
	)
}

test_deleting_is_denied if {
	every tool in ["delete_group", "delete_role_policy", "delete_user", "delete_user_policy"] {
		_decide(tool, {}) == servers_test.destroyed
	}
}

test_reading_is_allowed if {
	every tool, reviewed in data.catalogue[_server].tools { _reads(tool, reviewed.category) }
}

_reads(tool, "Read") if _decide(tool, {}) == servers_test.read([])

_reads(tool, category) if {
	category != "Read"
	_decide(tool, {}).action in {"deny", "require_approval"}
}

_gives_nothing(tool, args) if {
	_decide(tool, args) == servers_test.refused(_asked([_rule("no-rights-to-everything")]), _everything)
}
