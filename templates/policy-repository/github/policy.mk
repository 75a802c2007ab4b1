# What workflows/policy.yml runs for a pull request, in this order; each target writes to .policy/. Here as there:
#   make -k policy-test policy-build policy-diff BASE=origin/main
# The including Makefile says what REGATE is, and has `policy-tools`.
COMMENT ?= .github/comment.mjs

.PHONY: policy-test policy-build policy-diff policy-comment

policy-test: ## the gate, with its findings for the pull request
	@mkdir -p .policy && rm -f .policy/test.*
	$(REGATE) test rego --report sarif=.policy/test.sarif --report markdown=.policy/test.md

policy-build: ## the bundle and its digest
	@mkdir -p .policy
	$(REGATE) build rego -o .policy/regate.tar.gz
	@cd .policy && { sha256sum regate.tar.gz 2>/dev/null || shasum -a 256 regate.tar.gz; } | tee regate.tar.gz.sha256
	@if [ -n "$$GITHUB_STEP_SUMMARY" ]; then { echo 'The bundle, by its SHA-256:'; echo; sed 's/^/    /' .policy/regate.tar.gz.sha256; } >> "$$GITHUB_STEP_SUMMARY"; fi

policy-diff: ## what the branch changes; exit 1 where it loosens and no commit says Regate-Acknowledge
	@mkdir -p .policy && rm -f .policy/diff.* .policy/comment.md
	@code=0; \
	base="$${BASE:-origin/$${GITHUB_BASE_REF:-main}}"; \
	$(REGATE) diff "$$base" HEAD --merge-base --fail-on looser --format markdown > .policy/diff.md 2> .policy/diff.err || code=$$?; \
	cat .policy/diff.err >&2; \
	if [ $$code -gt 1 ]; then \
	  { echo '**Regate: the decisions could not be compared**'; echo; sed 's/^/    /' .policy/diff.err; echo; echo '<!-- regate diff -->'; } > .policy/diff.md; \
	fi; \
	for part in .policy/test.md .policy/diff.md; do if [ -s $$part ]; then cat $$part; echo; fi; done > .policy/comment.md; \
	cat .policy/comment.md; \
	if [ -n "$$GITHUB_STEP_SUMMARY" ]; then cat .policy/comment.md >> "$$GITHUB_STEP_SUMMARY"; fi; \
	exit $$code

policy-comment: ## put the comment on the pull request, or bring the one that is there up to date
	@node $(COMMENT) .policy/comment.md
