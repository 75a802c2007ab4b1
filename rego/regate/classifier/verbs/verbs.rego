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
known[verb] := {"grade": grade, "usual": category} if {
	some grade, groups in _grades
	some category, listed in groups
	some verb in split(listed, " ")
}

# METADATA
# title: Verbs that are events too
# description: What has been run has a status, and a name that ends in one is of that.
events := {verb | some verb in split(_events, " ")}

# METADATA
# title: Verbs that set something aside
# description: They change what is said about a thing, or who sees it. A labelled invoice is owed as before.
aside := {
	"annotate", "attach", "bookmark", "comment", "export", "favorite", "label", "notify", "pin", "star", "tag", "untag",
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
			"analyse analyze browse calculate compare compute decode decompile describe detect determine",
			"diagnose disassemble discover enumerate examine explain explore extract fetch find gather",
			"geocode get grep identify inspect interpolate introspect investigate locate lookup obtain",
			"paginate parse predict recommend retrieve scrape suggest summarise summarize tokenize transcribe",
			"translate troubleshoot validate verify visualise visualize whoami",
		]),
		"Write": concat(" ", [
			"accept acknowledge activate add amend annotate append assign associate attach autofix become",
			"cancel compress configure connect create customise customize deactivate decline decrement define",
			"demote deny deprecate detach disable disassociate disconnect dismiss downgrade duplicate edit",
			"embed enable encrypt enqueue enroll establish finalise finalize fix generate grant hide import",
			"increment indent ingest init initialise initialize initiate inject insert integrate invalidate",
			"invite join login logout manage migrate minimize modify normalise normalize notify optimise",
			"optimize organise organize paste persist populate prepend prioritise prioritize promote",
			"provision publish react rearrange reassign reconnect refactor register reject remember rename",
			"renew reopen reorder replicate reply resend reserve resize resolve respond restore restrict",
			"retire revert rotate save send sign stash submit subscribe sync synchronise synchronize toggle",
			"transition unarchive unassign unban unblock undelete undo unfavorite unfollow unhide unlike",
			"unlink unlock unmute unpin unpublish unregister unshare unstage unstar unsubscribe untag unwatch",
			"upgrade upsert write",
		]),
		"Execute": concat(" ", [
			"automate click emulate eval evaluate exec execute goto hover install interact invoke launch",
			"navigate orchestrate reboot rebuild redeploy relaunch rerun restart retrain retry spawn swipe",
		]),
		"Financial": "buy donate liquidate pay prepay reimburse remit repay sell topup unstake withdraw",
		"Destructive": concat(" ", [
			"del delete deprovision deregister destroy discard eradicate erase evict expunge forget kill",
			"overwrite prune purge remove revoke rm rmdir shred terminate truncate uninstall unset wipe",
		]),
	},
	"loose": {
		"Read": concat(" ", [
			"aggregate ask audit cat check convert count diff display download dump echo encode estimate",
			"export filter format hash list load match monitor peek ping poll preview print query rank read",
			"render review scan screenshot search select show simulate sort stat tail think trace track view",
			"wait watch",
		]),
		"Write": concat(" ", [
			"apply approve archive ban begin clone close complete copy expire finish follow fork kick leave",
			"lock mark merge move mute open patch pause pin pull push put rebase replace resume revise",
			"schedule set setup share star start stop suspend trash turn unzip update upload zip",
		]),
		"Execute": "build crawl deploy rollback run scroll shutdown test train trigger",
		"Financial": "deposit purchase refund swap transfer",
		"Destructive": "clean cleanup clear drop empty flush reset",
	},
	"nominal": {
		"Read": "capture help quote sample surface",
		"Write": concat(" ", [
			"abort backup block book bookmark change chat checkout claim comment commit compose draft email",
			"end favorite fill forward label like link log make message name note place plan play post",
			"process record release request scale stage store switch tag take vote",
		]),
		"Execute": "call control debug drag press tap type",
		"Financial": "bid bill borrow charge invoice lend mint order payout stake tip trade",
		"Destructive": "pop void",
	},
	"telling": {"Read": concat(" ", [
		"advice contain detail documentation example give guidance guide guideline history info information",
		"metadata offer overview present provide report return statistic status summary supply",
	])},
}
