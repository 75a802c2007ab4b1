# METADATA
# title: Verbs
# description: |
#   The verbs of tools, and what each says of the tool where its object says nothing else (that is in `turns`). They are
#   words of the language: never the name of a tool or of a server. An unknown verb is not here, and never a Read.
# scope: package
package regate.classifier.verbs

# METADATA
# title: What a verb says
# description: |
#   Its `grade`, and what it says as a rule (`usual`, a category). `firm`: hardly ever a noun, a verb wherever it
#   stands. `loose`: may be a noun as well, and counts where a verb is expected. `nominal`: a noun as a rule, and counts
#   where nothing else is a verb. `telling`: says only in a description that a tool reads ("Returns the ...", "Details
#   of ..."), and something else in a name.
said(verb) := {"grade": grade, "usual": usual} if [grade, usual] := split(known[verb], " ")

# METADATA
# title: Verbs
# description: |
#   Grade and category by verb. A constant, since a dictionary that is made anew for each tool would cost more than all
#   else.
known := {
	"analyse": "firm Read", "analyze": "firm Read", "answer": "firm Read", "assess": "firm Read",
	"browse": "firm Read", "calculate": "firm Read", "classify": "firm Read", "collect": "firm Read",
	"compare": "firm Read", "compute": "firm Read", "consult": "firm Read", "consume": "firm Read",
	"correlate": "firm Read", "critique": "firm Read", "decode": "firm Read", "decompile": "firm Read",
	"derive": "firm Read", "describe": "firm Read", "detect": "firm Read", "determine": "firm Read",
	"diagnose": "firm Read", "disassemble": "firm Read", "discover": "firm Read", "enumerate": "firm Read",
	"examine": "firm Read", "explain": "firm Read", "explore": "firm Read", "extract": "firm Read",
	"fetch": "firm Read", "find": "firm Read", "gather": "firm Read", "geocode": "firm Read",
	"get": "firm Read", "grep": "firm Read", "identify": "firm Read", "infer": "firm Read",
	"inspect": "firm Read", "interpolate": "firm Read", "interpret": "firm Read",
	"introspect": "firm Read", "investigate": "firm Read", "judge": "firm Read", "locate": "firm Read",
	"lookup": "firm Read", "measure": "firm Read", "obtain": "firm Read", "outline": "firm Read",
	"paginate": "firm Read", "parse": "firm Read", "predict": "firm Read", "propose": "firm Read",
	"quantify": "firm Read", "reason": "firm Read", "recommend": "firm Read", "research": "firm Read",
	"retrieve": "firm Read", "score": "firm Read", "scrape": "firm Read", "spellcheck": "firm Read",
	"suggest": "firm Read", "summarise": "firm Read", "summarize": "firm Read", "survey": "firm Read",
	"tabulate": "firm Read", "tokenize": "firm Read", "transcribe": "firm Read", "translate": "firm Read",
	"troubleshoot": "firm Read", "understand": "firm Read", "validate": "firm Read", "verify": "firm Read",
	"visualise": "firm Read", "visualize": "firm Read", "whoami": "firm Read",
	"accept": "firm Write", "acknowledge": "firm Write", "activate": "firm Write", "add": "firm Write",
	"adjust": "firm Write", "allocate": "firm Write", "allowlist": "firm Write", "amend": "firm Write",
	"annotate": "firm Write", "anonymize": "firm Write", "append": "firm Write", "arrange": "firm Write",
	"assign": "firm Write", "associate": "firm Write", "attach": "firm Write", "authorize": "firm Write",
	"autofix": "firm Write", "backfill": "firm Write", "become": "firm Write", "bind": "firm Write",
	"blacklist": "firm Write", "broadcast": "firm Write", "bump": "firm Write", "cancel": "firm Write",
	"categorize": "firm Write", "combine": "firm Write", "compress": "firm Write",
	"configure": "firm Write", "connect": "firm Write", "consolidate": "firm Write",
	"correct": "firm Write", "create": "firm Write", "crop": "firm Write", "customise": "firm Write",
	"customize": "firm Write", "deactivate": "firm Write", "decline": "firm Write",
	"decrement": "firm Write", "define": "firm Write", "deliver": "firm Write", "demote": "firm Write",
	"deny": "firm Write", "deprecate": "firm Write", "detach": "firm Write", "disable": "firm Write",
	"disassociate": "firm Write", "disconnect": "firm Write", "dismiss": "firm Write",
	"distribute": "firm Write", "downgrade": "firm Write", "downvote": "firm Write",
	"duplicate": "firm Write", "edit": "firm Write", "elevate": "firm Write", "embed": "firm Write",
	"emit": "firm Write", "enable": "firm Write", "encrypt": "firm Write", "enforce": "firm Write",
	"enqueue": "firm Write", "enrich": "firm Write", "enroll": "firm Write", "escalate": "firm Write",
	"establish": "firm Write", "expand": "firm Write", "extend": "firm Write", "finalise": "firm Write",
	"finalize": "firm Write", "fix": "firm Write", "freeze": "firm Write", "fulfil": "firm Write",
	"fulfill": "firm Write", "generate": "firm Write", "grant": "firm Write", "hide": "firm Write",
	"import": "firm Write", "include": "firm Write", "increment": "firm Write", "indent": "firm Write",
	"ingest": "firm Write", "init": "firm Write", "initialise": "firm Write", "initialize": "firm Write",
	"initiate": "firm Write", "inject": "firm Write", "insert": "firm Write", "integrate": "firm Write",
	"invalidate": "firm Write", "invite": "firm Write", "join": "firm Write", "keep": "firm Write",
	"login": "firm Write", "logout": "firm Write", "manage": "firm Write", "migrate": "firm Write",
	"minimize": "firm Write", "modify": "firm Write", "normalise": "firm Write", "normalize": "firm Write",
	"notify": "firm Write", "offboard": "firm Write", "onboard": "firm Write", "optimise": "firm Write",
	"optimize": "firm Write", "organise": "firm Write", "organize": "firm Write", "pair": "firm Write",
	"paste": "firm Write", "persist": "firm Write", "populate": "firm Write", "prepare": "firm Write",
	"prepend": "firm Write", "preserve": "firm Write", "prioritise": "firm Write",
	"prioritize": "firm Write", "produce": "firm Write", "promote": "firm Write",
	"propagate": "firm Write", "protect": "firm Write", "provision": "firm Write", "publish": "firm Write",
	"quarantine": "firm Write", "react": "firm Write", "rearrange": "firm Write", "reassign": "firm Write",
	"reconnect": "firm Write", "redact": "firm Write", "redirect": "firm Write", "refactor": "firm Write",
	"refine": "firm Write", "register": "firm Write", "reinstate": "firm Write", "reject": "firm Write",
	"relocate": "firm Write", "remember": "firm Write", "remind": "firm Write", "rename": "firm Write",
	"renew": "firm Write", "reopen": "firm Write", "reorder": "firm Write", "replicate": "firm Write",
	"reply": "firm Write", "reprioritize": "firm Write", "reroute": "firm Write", "resend": "firm Write",
	"reserve": "firm Write", "resize": "firm Write", "resolve": "firm Write", "respond": "firm Write",
	"restore": "firm Write", "restrict": "firm Write", "resubmit": "firm Write", "retire": "firm Write",
	"revert": "firm Write", "rotate": "firm Write", "sanitize": "firm Write", "save": "firm Write",
	"send": "firm Write", "shorten": "firm Write", "shuffle": "firm Write", "sign": "firm Write",
	"silence": "firm Write", "skip": "firm Write", "snooze": "firm Write", "solve": "firm Write",
	"squash": "firm Write", "stash": "firm Write", "submit": "firm Write", "subscribe": "firm Write",
	"suppress": "firm Write", "sync": "firm Write", "synchronise": "firm Write",
	"synchronize": "firm Write", "throttle": "firm Write", "toggle": "firm Write", "touch": "firm Write",
	"transform": "firm Write", "transition": "firm Write", "transpose": "firm Write", "tune": "firm Write",
	"unarchive": "firm Write", "unassign": "firm Write", "unban": "firm Write", "unbind": "firm Write",
	"unblock": "firm Write", "undelete": "firm Write", "undo": "firm Write", "unfavorite": "firm Write",
	"unfollow": "firm Write", "unfreeze": "firm Write", "unhide": "firm Write", "unify": "firm Write",
	"unlike": "firm Write", "unlink": "firm Write", "unlock": "firm Write", "unmute": "firm Write",
	"unpin": "firm Write", "unprotect": "firm Write", "unpublish": "firm Write",
	"unregister": "firm Write", "unshare": "firm Write", "unstage": "firm Write", "unstar": "firm Write",
	"unsubscribe": "firm Write", "untag": "firm Write", "unwatch": "firm Write", "upgrade": "firm Write",
	"upsert": "firm Write", "upvote": "firm Write", "whitelist": "firm Write", "wrap": "firm Write",
	"write": "firm Write", "zoom": "firm Write",
	"automate": "firm Execute", "benchmark": "firm Execute", "bootstrap": "firm Execute",
	"click": "firm Execute", "compile": "firm Execute", "dispatch": "firm Execute",
	"emulate": "firm Execute", "eval": "firm Execute", "evaluate": "firm Execute", "exec": "firm Execute",
	"execute": "firm Execute", "exploit": "firm Execute", "failover": "firm Execute",
	"fuzz": "firm Execute", "goto": "firm Execute", "hibernate": "firm Execute", "hover": "firm Execute",
	"impersonate": "firm Execute", "install": "firm Execute", "interact": "firm Execute",
	"invoke": "firm Execute", "launch": "firm Execute", "navigate": "firm Execute",
	"orchestrate": "firm Execute", "pentest": "firm Execute", "quit": "firm Execute",
	"reboot": "firm Execute", "rebuild": "firm Execute", "redeploy": "firm Execute",
	"relaunch": "firm Execute", "rerun": "firm Execute", "restart": "firm Execute",
	"retrain": "firm Execute", "retry": "firm Execute", "spawn": "firm Execute", "ssh": "firm Execute",
	"sudo": "firm Execute", "swipe": "firm Execute", "wake": "firm Execute",
	"buy": "firm Financial", "disburse": "firm Financial", "donate": "firm Financial",
	"invest": "firm Financial", "liquidate": "firm Financial", "monetize": "firm Financial",
	"pay": "firm Financial", "prepay": "firm Financial", "redeem": "firm Financial",
	"reimburse": "firm Financial", "remit": "firm Financial", "repay": "firm Financial",
	"sell": "firm Financial", "spend": "firm Financial", "topup": "firm Financial",
	"unstake": "firm Financial", "wager": "firm Financial", "withdraw": "firm Financial",
	"abandon": "firm Destructive", "annul": "firm Destructive", "cull": "firm Destructive",
	"deallocate": "firm Destructive", "decommission": "firm Destructive", "del": "firm Destructive",
	"delete": "firm Destructive", "demolish": "firm Destructive", "deprovision": "firm Destructive",
	"deregister": "firm Destructive", "destroy": "firm Destructive", "detonate": "firm Destructive",
	"disband": "firm Destructive", "discard": "firm Destructive", "dismantle": "firm Destructive",
	"dispose": "firm Destructive", "dissolve": "firm Destructive", "eliminate": "firm Destructive",
	"eradicate": "firm Destructive", "erase": "firm Destructive", "evict": "firm Destructive",
	"expel": "firm Destructive", "expunge": "firm Destructive", "forget": "firm Destructive",
	"incinerate": "firm Destructive", "kill": "firm Destructive", "nuke": "firm Destructive",
	"nullify": "firm Destructive", "obliterate": "firm Destructive", "overwrite": "firm Destructive",
	"prune": "firm Destructive", "purge": "firm Destructive", "raze": "firm Destructive",
	"remove": "firm Destructive", "revoke": "firm Destructive", "rm": "firm Destructive",
	"rmdir": "firm Destructive", "shred": "firm Destructive", "teardown": "firm Destructive",
	"terminate": "firm Destructive", "truncate": "firm Destructive", "undeploy": "firm Destructive",
	"uninstall": "firm Destructive", "unset": "firm Destructive", "vaporize": "firm Destructive",
	"wipe": "firm Destructive", "zap": "firm Destructive",
	"aggregate": "loose Read", "ask": "loose Read", "audit": "loose Read", "cat": "loose Read",
	"chart": "loose Read", "check": "loose Read", "convert": "loose Read", "count": "loose Read",
	"diff": "loose Read", "display": "loose Read", "download": "loose Read", "dump": "loose Read",
	"echo": "loose Read", "encode": "loose Read", "estimate": "loose Read", "export": "loose Read",
	"filter": "loose Read", "format": "loose Read", "hash": "loose Read", "list": "loose Read",
	"load": "loose Read", "map": "loose Read", "match": "loose Read", "monitor": "loose Read",
	"peek": "loose Read", "ping": "loose Read", "plot": "loose Read", "poll": "loose Read",
	"preview": "loose Read", "print": "loose Read", "profile": "loose Read", "query": "loose Read",
	"rank": "loose Read", "read": "loose Read", "render": "loose Read", "review": "loose Read",
	"scan": "loose Read", "screenshot": "loose Read", "search": "loose Read", "select": "loose Read",
	"show": "loose Read", "simulate": "loose Read", "sort": "loose Read", "stat": "loose Read",
	"stream": "loose Read", "sum": "loose Read", "surface": "loose Read", "tail": "loose Read",
	"think": "loose Read", "trace": "loose Read", "view": "loose Read", "wait": "loose Read",
	"watch": "loose Read",
	"abort": "loose Write", "apply": "loose Write", "approve": "loose Write", "archive": "loose Write",
	"ban": "loose Write", "begin": "loose Write", "change": "loose Write", "clone": "loose Write",
	"close": "loose Write", "complete": "loose Write", "compose": "loose Write", "confirm": "loose Write",
	"copy": "loose Write", "draw": "loose Write", "end": "loose Write", "expire": "loose Write",
	"finish": "loose Write", "follow": "loose Write", "fork": "loose Write", "forward": "loose Write",
	"kick": "loose Write", "leave": "loose Write", "lock": "loose Write", "lower": "loose Write",
	"make": "loose Write", "mark": "loose Write", "merge": "loose Write", "move": "loose Write",
	"mute": "loose Write", "open": "loose Write", "patch": "loose Write", "pause": "loose Write",
	"pin": "loose Write", "place": "loose Write", "play": "loose Write", "process": "loose Write",
	"pull": "loose Write", "push": "loose Write", "put": "loose Write", "raise": "loose Write",
	"rebase": "loose Write", "replace": "loose Write", "resume": "loose Write", "revise": "loose Write",
	"roll": "loose Write", "scale": "loose Write", "schedule": "loose Write", "set": "loose Write",
	"setup": "loose Write", "share": "loose Write", "split": "loose Write", "star": "loose Write",
	"start": "loose Write", "stop": "loose Write", "store": "loose Write", "strip": "loose Write",
	"suspend": "loose Write", "switch": "loose Write", "take": "loose Write", "trash": "loose Write",
	"turn": "loose Write", "unzip": "loose Write", "update": "loose Write", "upload": "loose Write",
	"zip": "loose Write",
	"build": "loose Execute", "crawl": "loose Execute", "deploy": "loose Execute", "drag": "loose Execute",
	"press": "loose Execute", "rollback": "loose Execute", "run": "loose Execute",
	"scroll": "loose Execute", "shutdown": "loose Execute", "tap": "loose Execute",
	"test": "loose Execute", "train": "loose Execute", "trigger": "loose Execute",
	"deposit": "loose Financial", "purchase": "loose Financial", "refund": "loose Financial",
	"settle": "loose Financial", "swap": "loose Financial", "transfer": "loose Financial",
	"burn": "loose Destructive", "clean": "loose Destructive", "cleanup": "loose Destructive",
	"clear": "loose Destructive", "drop": "loose Destructive", "empty": "loose Destructive",
	"flush": "loose Destructive", "reset": "loose Destructive", "scrap": "loose Destructive",
	"void": "loose Destructive",
	"capture": "nominal Read", "help": "nominal Read", "quote": "nominal Read", "sample": "nominal Read",
	"track": "nominal Read",
	"allow": "nominal Write", "backup": "nominal Write", "block": "nominal Write", "book": "nominal Write",
	"bookmark": "nominal Write", "chat": "nominal Write", "claim": "nominal Write",
	"comment": "nominal Write", "commit": "nominal Write", "draft": "nominal Write",
	"email": "nominal Write", "favorite": "nominal Write", "fill": "nominal Write",
	"flag": "nominal Write", "issue": "nominal Write", "label": "nominal Write", "like": "nominal Write",
	"link": "nominal Write", "log": "nominal Write", "message": "nominal Write", "mirror": "nominal Write",
	"name": "nominal Write", "note": "nominal Write", "override": "nominal Write", "pick": "nominal Write",
	"plan": "nominal Write", "post": "nominal Write", "queue": "nominal Write", "record": "nominal Write",
	"release": "nominal Write", "request": "nominal Write", "reverse": "nominal Write",
	"route": "nominal Write", "shift": "nominal Write", "stage": "nominal Write", "tag": "nominal Write",
	"vote": "nominal Write",
	"call": "nominal Execute", "control": "nominal Execute", "debug": "nominal Execute",
	"script": "nominal Execute", "step": "nominal Execute", "type": "nominal Execute",
	"bet": "nominal Financial", "bid": "nominal Financial", "bill": "nominal Financial",
	"borrow": "nominal Financial", "bridge": "nominal Financial", "charge": "nominal Financial",
	"checkout": "nominal Financial", "exchange": "nominal Financial", "exercise": "nominal Financial",
	"fund": "nominal Financial", "hedge": "nominal Financial", "invoice": "nominal Financial",
	"lend": "nominal Financial", "mint": "nominal Financial", "order": "nominal Financial",
	"payout": "nominal Financial", "rent": "nominal Financial", "stake": "nominal Financial",
	"tip": "nominal Financial", "trade": "nominal Financial", "wire": "nominal Financial",
	"pop": "nominal Destructive",
	"advice": "telling Read", "analysis": "telling Read", "arithmetic": "telling Read",
	"calculation": "telling Read", "comparison": "telling Read", "computation": "telling Read",
	"contain": "telling Read", "detail": "telling Read", "documentation": "telling Read",
	"example": "telling Read", "give": "telling Read", "guidance": "telling Read", "guide": "telling Read",
	"guideline": "telling Read", "history": "telling Read", "info": "telling Read",
	"information": "telling Read", "metadata": "telling Read", "offer": "telling Read",
	"overview": "telling Read", "present": "telling Read", "provide": "telling Read",
	"report": "telling Read", "return": "telling Read", "statistic": "telling Read",
	"status": "telling Read", "summary": "telling Read", "supply": "telling Read",
}

# METADATA
# title: Verbs that are events too
# description: What has been run has a status, and a name that ends in one is of that.
events := {
	"build", "crawl", "deploy", "deposit", "download", "export", "load", "lock", "match", "merge",
	"purchase", "refund", "rollback", "run", "scan", "schedule", "swap", "test", "train", "transfer",
	"upload",
}

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
