# METADATA
# title: Verbs
# description: |
#   The verbs of tools, and what each says of the tool where its object says nothing else (that is in `turns`). They are
#   words of the language: never the name of a tool or of a server. An unknown verb is not here, and never a Read.
# scope: package
package regate.classifier.verbs

# METADATA
# title: Verbs
# description: |
#   By verb, what it says as a rule (`usual`, a category), and its `grade`. `firm`: hardly ever a noun, a verb wherever
#   it stands. `loose`: may be a noun as well, and counts where a verb is expected. `nominal`: a noun as a rule, and
#   counts where nothing else is a verb. `telling`: says only in a description that a tool reads ("Returns the ...",
#   "Details of ..."), and something else in a name.
known[verb] := said if {
	some grade, groups in _grades
	some category, listed in groups
	said := {"grade": grade, "usual": category}
	some verb in split(listed, " ")
}

# METADATA
# title: Verbs that are events too
# description: What has been run has a status, and a name that ends in one is of that.
events := {verb | some verb in split(_events, " ")}

# METADATA
# title: Verbs that are things too
# description: They read where they lead; where they stand last, something else may be done to them (`skip_track`).
things := {
	"audit", "chart", "filter", "load", "map", "match", "monitor", "plot", "poll", "preview", "profile", "rank", "review",
	"scan", "screenshot", "sort", "stream", "sum", "tail", "trace", "view", "watch",
}

# METADATA
# title: Verbs that set something aside
# description: They change what is said about a thing, or who sees it. A labelled invoice is owed as before.
aside := {
	"annotate", "attach", "begin", "bookmark", "comment", "commit", "export", "favorite", "label", "notify",
	"pin", "star", "tag", "untag",
	"upload",
}

# METADATA
# title: Verbs that send
# description: What they are given leaves for someone else.
sending := {
	"email", "forward", "invite", "message", "notify", "post", "publish", "reply", "resend", "respond", "send", "share",
	"submit", "upload",
}

_events := concat(" ", [
	"build crawl deploy deposit download export load lock match merge purchase refund rollback run scan",
	"schedule swap test train transfer upload",
])

_grades := {
	"firm": {
		"Read": concat(" ", [
			"analyse analyze answer assess browse calculate classify collect compare compute consult consume",
			"correlate critique decode decompile derive describe detect determine diagnose disassemble discover",
			"enumerate examine explain explore extract fetch find gather geocode get grep identify infer",
			"inspect interpolate interpret introspect investigate judge locate lookup measure obtain outline",
			"paginate parse predict propose quantify reason recommend research retrieve score scrape spellcheck",
			"suggest summarise summarize survey tabulate tokenize transcribe translate troubleshoot understand",
			"validate verify visualise visualize whoami",
		]),
		"Write": concat(" ", [
			"accept acknowledge activate add adjust allocate allowlist amend annotate anonymize append arrange",
			"assign associate attach authorize autofix backfill become bind blacklist broadcast bump cancel",
			"categorize combine compress configure connect consolidate correct create crop customise customize",
			"deactivate decline decrement define deliver demote deny deprecate detach disable disassociate",
			"disconnect dismiss distribute downgrade downvote duplicate edit elevate embed emit enable encrypt",
			"enforce enqueue enrich enroll escalate establish expand extend finalise finalize fix freeze fulfil",
			"fulfill generate grant hide import include increment indent ingest init initialise initialize",
			"initiate inject insert integrate invalidate invite join keep login logout manage migrate minimize",
			"modify normalise normalize notify offboard onboard optimise optimize organise organize pair paste",
			"persist populate prepare prepend preserve prioritise prioritize produce promote propagate protect",
			"provision publish quarantine react rearrange reassign reconnect redact redirect refactor refine",
			"register reinstate reject relocate remember remind rename renew reopen reorder replicate reply",
			"reprioritize reroute resend reserve resize resolve respond restore restrict resubmit retire revert",
			"rotate sanitize save send shorten shuffle sign silence skip snooze solve squash stash submit",
			"subscribe suppress sync synchronise synchronize throttle toggle touch transform transition",
			"transpose tune unarchive unassign unban unbind unblock undelete undo unfavorite unfollow unfreeze",
			"unhide unify unlike unlink unlock unmute unpin unprotect unpublish unregister unshare unstage",
			"unstar unsubscribe untag unwatch upgrade upsert upvote whitelist wrap write zoom",
		]),
		"Execute": concat(" ", [
			"automate benchmark bootstrap click compile dispatch emulate eval evaluate exec execute exploit",
			"failover fuzz goto hibernate hover impersonate install interact invoke launch navigate orchestrate",
			"pentest quit reboot rebuild redeploy relaunch rerun restart retrain retry spawn ssh sudo swipe",
			"wake",
		]),
		"Financial": concat(" ", [
			"buy disburse donate invest liquidate monetize pay prepay redeem reimburse remit repay sell spend",
			"topup unstake wager withdraw",
		]),
		"Destructive": concat(" ", [
			"abandon annul cull deallocate decommission del delete demolish deprovision deregister destroy",
			"detonate disband discard dismantle dispose dissolve eliminate eradicate erase evict expel expunge",
			"forget incinerate kill nuke nullify obliterate overwrite prune purge raze remove revoke rm rmdir",
			"shred teardown terminate truncate undeploy uninstall unset vaporize wipe zap",
		]),
	},
	"loose": {
		"Read": concat(" ", [
			"aggregate ask audit cat chart check convert count diff display download dump echo encode estimate",
			"export filter format hash list load map match monitor peek ping plot poll preview print profile",
			"query rank read render review scan screenshot search select show simulate sort stat stream sum",
			"surface tail think trace view wait watch",
		]),
		"Write": concat(" ", [
			"abort apply approve archive ban begin change clone close complete compose confirm copy draw end",
			"expire finish follow fork forward kick leave lock lower make mark merge move mute open patch pause",
			"pin place play process pull push put raise rebase replace resume revise roll scale schedule set",
			"setup share split star start stop store strip suspend switch take trash turn unzip update upload",
			"zip",
		]),
		"Execute": "build crawl deploy drag press rollback run scroll shutdown tap test train trigger",
		"Financial": "deposit purchase refund settle swap transfer",
		"Destructive": "burn clean cleanup clear drop empty flush reset scrap void",
	},
	"nominal": {
		"Read": "capture help quote sample track",
		"Write": concat(" ", [
			"allow backup block book bookmark chat claim comment commit draft email favorite fill flag issue",
			"label like link log message mirror name note override pick plan post queue record release request",
			"reverse route shift stage tag vote",
		]),
		"Execute": "call control debug script step type",
		"Financial": concat(" ", [
			"bet bid bill borrow bridge charge checkout exchange exercise fund hedge invoice lend mint order",
			"payout rent stake tip trade wire",
		]),
		"Destructive": "pop",
	},
	"telling": {
		"Read": concat(" ", [
			"advice analysis arithmetic calculation comparison computation contain detail documentation example",
			"give guidance guide guideline history info information metadata offer overview present provide",
			"report return statistic status summary supply",
		]),
	},
}
