# METADATA
# title: Tests of the rules for AWS Documentation
package policy.servers["awslabs.aws-documentation-mcp-server_test"]

import data.policy.servers_test

_server := "awslabs.aws-documentation-mcp-server"

_rule(id) := $`policy.servers["{_server}"]/{id}`

_decide(tool, args) := servers_test.decide(_server, tool, args)

_read(rules) := object.union(servers_test.read(array.concat([_rule("sixty-pages-a-minute")], rules)), {"rate_limits": [
	servers_test.limit(_rule("sixty-pages-a-minute"), {"max": 60, "window": 60, "over": "server"}),
]})

_by_page := ["read_documentation", "read_sections", "recommend", "search_table"]

test_documentation_is_read if {
	every tool in _by_page {
		every url in [
			"https://docs.aws.amazon.com/lambda/latest/dg/welcome.html",
			"https://docs.amazonaws.cn/en_us/aws/latest/userguide/introduction.html",
			"https://awsdocs-neuron.readthedocs-hosted.com/en/latest/index.html",
		] {
			_decide(tool, {"url": url}) == _read([])
		}
	}
}

test_nothing_else_is_read if {
	every tool in _by_page {
		every args in [
			{"url": "http://docs.aws.amazon.com/a.html"},
			{"url": "https://docs.aws.amazon.com.example.com/a.html"},
			{"url": "https://docs.aws.amazon.com@example.com/a.html"},
			{"url": "https://example.com/https://docs.aws.amazon.com/"},
			{"url": ""},
			{"url": null},
			{"url": ["https://docs.aws.amazon.com/"]},
			{},
			null,
		] {
			_decide(tool, args) == servers_test.refused(
				_read([_rule("only-aws-documentation")]),
				"Only AWS's documentation is read, by https",
			)
		}
	}
}

test_searching_takes_no_page if {
	every args in [{"search_phrase": "lambda"}, {}, null] { _decide("search_documentation", args) == _read([]) }
}
