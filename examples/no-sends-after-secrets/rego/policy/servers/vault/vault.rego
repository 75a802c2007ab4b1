# METADATA
# title: Vault
# scope: package
# schemas:
#   - input: schema.input
package policy.servers.vault

# METADATA
# title: Reading is remembered
# description: The label is what `input.history.labels.secrets` counts.
rules.read_secret contains {"id": "reads", "action": "allow", "labels": ["secrets"]}
