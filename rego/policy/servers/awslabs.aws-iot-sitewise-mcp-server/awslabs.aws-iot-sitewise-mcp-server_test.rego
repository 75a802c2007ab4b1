# METADATA
# title: Tests of the rules for AWS IoT SiteWise
package policy.servers["awslabs.aws-iot-sitewise-mcp-server_test"]

import data.regate
import data.regate_test

_server := "awslabs.aws-iot-sitewise-mcp-server"

_catalogue := data.catalogue["awslabs.aws-iot-sitewise-mcp-server"].tools

_rule(id) := $`policy.servers["{_server}"]/{id}`

_ten_a_minute(rule) := {"rule": rule, "max": 10, "window": 60, "per": "session", "over": "tool", "cost": 1}

_decide(tool, args) := decision if {
	reviewed := _catalogue[tool]
	decision := regate.decision with input as {
		"server": _server,
		"tool": tool,
		"category": reviewed.category,
		"severity": reviewed.severity,
		"args": args,
	}
}

test_ten_keys_a_minute if {
	_decide("create_api_key", {}) == object.union(regate_test.allowed, {
		"rules": [_rule("ten-keys-a-minute")],
		"rate_limits": [_ten_a_minute(_rule("ten-keys-a-minute"))],
	})
}

test_ten_assets_a_minute if {
	_decide("create_asset", {"asset_name": "Pump 7"}) == object.union(regate_test.allowed, {
		"rules": [_rule("ten-assets-a-minute")],
		"rate_limits": [_ten_a_minute(_rule("ten-assets-a-minute"))],
	})
}

test_deletes_are_denied_and_hidden if {
	every tool, rule in _deletes {
		_decide(tool, {}) == object.union(regate_test.denied, {
			"reasons": [rule.reason],
			"rules": [_rule(rule.id)],
			"hidden": true,
		})
	}
}

test_what_speaks_for_the_account_needs_approval if {
	every tool, rule in _approvals {
		_decide(tool, {}) == object.union(regate_test.allowed, {
			"action": "require_approval",
			"reasons": [rule.reason],
			"rules": [_rule(rule.id)],
		})
	}
}

test_imports_that_keep_their_files_follow_the_defaults if {
	every tool, ids in _imports {
		every args in [{}, {"delete_files_after_import": false}] {
			_decide(tool, args) == object.union(regate_test.allowed, {
				"rules": ["policy.defaults/write-limited", _rule(ids.inherit)],
				"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
			})
		}
	}
}

test_imports_that_delete_their_files_are_denied if {
	every tool, ids in _imports {
		every flag in [true, "false", 0, null, []] {
			_decide(tool, {"delete_files_after_import": flag}) == object.union(regate_test.denied, {
				"reasons": ["An import keeps its files: leave delete_files_after_import out, or false"],
				"rules": ["policy.defaults/write-limited", _rule(ids.inherit), _rule(ids.deny)],
				"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
			})
		}
	}
}

test_a_metadata_import_follows_the_defaults if {
	args := {"transfer_direction": "s3_to_sitewise"}
	_decide("create_metadata_transfer_job", args) == object.union(regate_test.allowed, {
		"rules": ["policy.defaults/write-limited", _rule("transfer-by-default")],
		"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
	})
}

test_a_metadata_export_needs_approval if {
	every args in [
		{"transfer_direction": "sitewise_to_s3"},
		{"transfer_direction": "S3_to_sitewise"},
		{"transfer_direction": null},
		{"transfer_direction": ["s3_to_sitewise"]},
		{},
		null,
	] {
		_decide("create_metadata_transfer_job", args) == object.union(regate_test.allowed, {
			"action": "require_approval",
			"reasons": ["An export copies the plant's metadata to a bucket that the call names"],
			"rules": ["policy.defaults/write-limited", _rule("export-approved"), _rule("transfer-by-default")],
			"rate_limits": [_ten_a_minute("policy.defaults/write-limited")],
		})
	}
}

test_every_tool_that_only_reads_is_allowed if {
	every tool, reviewed in _catalogue {
		_read_is_allowed(tool, reviewed.category)
	}
}

test_these_tools_need_a_person_or_are_denied if {
	restricted := {tool | some tool, _ in _catalogue; not _decide(tool, {}).action == "allow"}
	restricted == (object.keys(_deletes) | object.keys(_approvals)) | {"create_metadata_transfer_job", "execute_action"}
}

_read_is_allowed(tool, "Read") if {
	_decide(tool, {}) == object.union(regate_test.allowed, {"rules": ["policy.defaults/read-allowed"]})
}

_read_is_allowed(_, category) if category != "Read"

_deletes := {
	"delete_asset": {"id": "no-deletes", "reason": "Assets are deleted by people, not by agents"},
	"delete_asset_model": {
		"id": "no-asset-model-deletes",
		"reason": "Asset models are deleted by people, not by agents",
	},
	"delete_computation_model": {
		"id": "no-computation-model-deletes",
		"reason": "Computation models are deleted by people, not by agents",
	},
	"delete_gateway": {"id": "no-gateway-deletes", "reason": "Gateways are deleted by people, not by agents"},
	"delete_time_series": {
		"id": "no-time-series-deletes",
		"reason": "Time series are deleted by people, not by agents",
	},
}

_approvals := {
	"update_asset_model": {
		"id": "asset-model-approved",
		"reason": "Properties that the new model leaves out lose their history",
	},
	"create_bulk_import_iam_role": {
		"id": "iam-role-approved",
		"reason": "An IAM role hands out rights in the AWS account",
	},
	"put_default_encryption_configuration": {
		"id": "encryption-approved",
		"reason": "The encryption of the whole account is for a person to set",
	},
	"put_logging_options": {
		"id": "logging-approved",
		"reason": "The logging of the whole account is for a person to set",
	},
	"put_storage_configuration": {
		"id": "storage-approved",
		"reason": "The storage of the whole account is for a person to set",
	},
}

_imports := {
	"create_bulk_import_job": {"inherit": "import-by-default", "deny": "import-keeps-files"},
	"create_buffered_ingestion_job": {
		"inherit": "buffered-import-by-default",
		"deny": "buffered-import-keeps-files",
	},
}
