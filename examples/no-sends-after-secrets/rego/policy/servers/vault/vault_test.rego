package policy.servers.vault_test

import data.regate

test_a_secret_that_is_read_is_labelled if {
	decision := regate.decision with input as {"server": "vault", "tool": "read_secret", "args": {}}
	decision.action == "allow"
	decision.labels == ["secrets"]
}
