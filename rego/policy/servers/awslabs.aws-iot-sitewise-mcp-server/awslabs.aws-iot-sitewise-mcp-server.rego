# METADATA
# title: AWS IoT SiteWise
# description: |
#   Agents read and create within limits; what deletes is denied, and what speaks for the whole AWS account is for a
#   person to approve. Tools that are not named here follow the defaults of their category.
# scope: package
# schemas:
#   - input: schema.input
package policy.servers["awslabs.aws-iot-sitewise-mcp-server"]

# METADATA
# title: Ten keys a minute
rules.create_api_key contains {
	"id": "ten-keys-a-minute",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: Ten assets a minute
rules.create_asset contains {
	"id": "ten-assets-a-minute",
	"action": "allow",
	"rate_limit": {"max": 10, "window": 60},
}

# METADATA
# title: No deletes of assets
rules.delete_asset contains {
	"id": "no-deletes",
	"action": "deny",
	"reason": "Assets are deleted by people, not by agents",
	"hide": true,
}

# METADATA
# title: No deletes of asset models
rules.delete_asset_model contains {
	"id": "no-asset-model-deletes",
	"action": "deny",
	"reason": "Asset models are deleted by people, not by agents",
	"hide": true,
}

# METADATA
# title: No deletes of computation models
rules.delete_computation_model contains {
	"id": "no-computation-model-deletes",
	"action": "deny",
	"reason": "Computation models are deleted by people, not by agents",
	"hide": true,
}

# METADATA
# title: No deletes of gateways
rules.delete_gateway contains {
	"id": "no-gateway-deletes",
	"action": "deny",
	"reason": "Gateways are deleted by people, not by agents",
	"hide": true,
}

# METADATA
# title: No deletes of time series
rules.delete_time_series contains {
	"id": "no-time-series-deletes",
	"action": "deny",
	"reason": "Time series are deleted by people, not by agents",
	"hide": true,
}

# METADATA
# title: Replacing an asset model is a person's decision
# description: A property that the new model leaves out is deleted, with its history, in every asset of the model.
rules.update_asset_model contains {
	"id": "asset-model-approved",
	"action": "require_approval",
	"reason": "Properties that the new model leaves out lose their history",
}

# METADATA
# title: Rights in AWS are a person's decision
rules.create_bulk_import_iam_role contains {
	"id": "iam-role-approved",
	"action": "require_approval",
	"reason": "An IAM role hands out rights in the AWS account",
}

# METADATA
# title: The account's encryption is a person's decision
rules.put_default_encryption_configuration contains {
	"id": "encryption-approved",
	"action": "require_approval",
	"reason": "The encryption of the whole account is for a person to set",
}

# METADATA
# title: The account's logging is a person's decision
rules.put_logging_options contains {
	"id": "logging-approved",
	"action": "require_approval",
	"reason": "The logging of the whole account is for a person to set",
}

# METADATA
# title: The account's storage is a person's decision
# description: A shorter retention deletes what is older.
rules.put_storage_configuration contains {
	"id": "storage-approved",
	"action": "require_approval",
	"reason": "The storage of the whole account is for a person to set",
}

# METADATA
# title: Imports follow the defaults
# description: This server's package names the tool only to deny one kind of call.
rules.create_bulk_import_job contains {
	"id": "import-by-default",
	"action": "inherit",
}

# METADATA
# title: Imports keep their files
# scope: rule
# schemas:
#   - input.args: schema.tools["awslabs.aws-iot-sitewise-mcp-server"].create_bulk_import_job
rules.create_bulk_import_job contains {
	"id": "import-keeps-files",
	"action": "deny",
	"reason": "An import keeps its files: leave delete_files_after_import out, or false",
} if input.args.delete_files_after_import

# METADATA
# title: Buffered imports follow the defaults
rules.create_buffered_ingestion_job contains {
	"id": "buffered-import-by-default",
	"action": "inherit",
}

# METADATA
# title: Buffered imports keep their files
# scope: rule
# schemas:
#   - input.args: schema.tools["awslabs.aws-iot-sitewise-mcp-server"].create_buffered_ingestion_job
rules.create_buffered_ingestion_job contains {
	"id": "buffered-import-keeps-files",
	"action": "deny",
	"reason": "An import keeps its files: leave delete_files_after_import out, or false",
} if input.args.delete_files_after_import

# METADATA
# title: Metadata transfers follow the defaults
rules.create_metadata_transfer_job contains {
	"id": "transfer-by-default",
	"action": "inherit",
}

# METADATA
# title: Exports are a person's decision
# description: Whatever does not say that it imports counts as an export.
# scope: rule
# schemas:
#   - input.args: schema.tools["awslabs.aws-iot-sitewise-mcp-server"].create_metadata_transfer_job
rules.create_metadata_transfer_job contains {
	"id": "export-approved",
	"action": "require_approval",
	"reason": "An export copies the plant's metadata to a bucket that the call names",
} if not input.args.transfer_direction == "s3_to_sitewise"
